"""Configuration: files, presets and the command line to `Settings`."""

from bylaw.config.files import ConfigSource as ConfigSource
from bylaw.config.files import locate as locate
from bylaw.config.resolve import Choices as Choices
from bylaw.config.resolve import Resolved as Resolved
from bylaw.config.resolve import resolve as resolve
