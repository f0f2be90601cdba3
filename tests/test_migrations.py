"""The graph of migrations, their order, and which of them are judged."""

from __future__ import annotations

from bylaw.facts import migrations as ops
from bylaw.facts.code import Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.migrations import ColumnSpec, Migration, Operation
from bylaw.project import Project
from bylaw.project.history import History
from bylaw.project.migrations import Migrations
from bylaw.settings import MigrationSettings, Settings
from bylaw.source import Span

HERE = Span(0, 1)


def alembic(
    path: str, revision: str, *parents: str, operations: tuple[Operation, ...] = (), **more: object
) -> FileFacts:
    return FileFacts(path, "python", migrations=(Migration("alembic", revision, parents, operations, HERE, **more),))  # type: ignore[arg-type]


def django(path: str, *parents: str, operations: tuple[Operation, ...] = (), **more: object) -> FileFacts:
    *_, app, _, name = path.removesuffix(".py").split("/")
    migration = Migration("django", f"{app}.{name}", parents, operations, HERE, **more)  # type: ignore[arg-type]
    return FileFacts(path, "python", migrations=(migration,))


def sql(path: str, *operations: Operation, layout: str = "", dialect: str = "") -> FileFacts:
    migration = Migration("sql", path, (), operations, HERE, layout=layout, dialect=dialect)
    return FileFacts(path, "sql", migrations=(migration,))


def migrations(
    *files: FileFacts, base: set[str] | None = None, texts: dict[str, bytes] | None = None, **settings: object
) -> Migrations:
    history = History(frozenset(base)) if base is not None else History()
    resolved = Settings(migrations=MigrationSettings(**settings))  # type: ignore[arg-type]
    project = Project({file.path: file for file in files}, resolved, lambda path: (texts or {}).get(path, b""), history)
    return project.migrations


def names(found: Migrations) -> list[list[str]]:
    return [[step.path.rpartition("/")[2] for step in tree.steps] for tree in found.trees]


def problems(found: Migrations) -> list[tuple[str, str]]:
    return [(problem.kind, problem.step.name) for tree in found.trees for problem in tree.problems]


def judged(found: Migrations) -> list[str]:
    return [step.name for tree in found.trees for step in tree.steps if step.judged]


USERS = ops.CreateTable("users", (ColumnSpec("id", "integer", primary_key=True),), ("id",), HERE)


class TestOrder:
    def test_alembic_follows_its_parents_whatever_the_file_names(self) -> None:
        found = migrations(
            alembic("v/c.py", "1"),
            alembic("v/a.py", "3", "2"),
            alembic("v/b.py", "2", "1"),
            alembic("v/d.py", "4", "3"),
        )
        assert names(found) == [["c.py", "b.py", "a.py", "d.py"]]

    def test_a_merge_comes_after_both_branches(self) -> None:
        found = migrations(
            alembic("v/a.py", "4", "2", "3"),
            alembic("v/b.py", "2", "1"),
            alembic("v/c.py", "3", "1"),
            alembic("v/d.py", "1"),
        )
        assert names(found) == [["d.py", "b.py", "c.py", "a.py"]]
        assert [head.name for head in found.trees[0].heads] == ["4"]

    def test_sql_files_count_their_numbers(self) -> None:
        found = migrations(sql("db/10_c.sql"), sql("db/2_b.sql"), sql("db/1_a.sql"))
        assert names(found) == [["1_a.sql", "2_b.sql", "10_c.sql"]]

    def test_flyway_versions_and_repeatables(self) -> None:
        files = ["R__views.sql", "V10__j.sql", "V1.2__b.sql", "V1_10__c.sql", "V2__d.sql"]
        found = migrations(*(sql(f"db/{name}", layout="flyway") for name in files))
        assert names(found) == [["V1.2__b.sql", "V1_10__c.sql", "V2__d.sql", "V10__j.sql", "R__views.sql"]]

    def test_migrations_in_folders_of_their_own(self) -> None:
        found = migrations(
            sql("prisma/migrations/20250102_b/migration.sql"), sql("prisma/migrations/20250101_a/migration.sql"),
            sql("db/migrations/2025/up.sql"),
        )  # fmt: skip
        assert [tree.folder for tree in found.trees] == ["db/migrations", "prisma/migrations"]
        assert [step.path for step in found.trees[1].steps] == [
            "prisma/migrations/20250101_a/migration.sql",
            "prisma/migrations/20250102_b/migration.sql",
        ]

    def test_files_that_do_not_say_their_runner_go_with_the_others(self) -> None:
        found = migrations(sql("db/1_a.sql"), sql("db/2_b.sql", layout="goose"), sql("db/3_c.sql"))
        assert [(tree.layout, len(tree.steps)) for tree in found.trees] == [("goose", 3)]

    def test_the_dialect_of_one_file_is_that_of_its_folder(self) -> None:
        found = migrations(sql("db/1_a.sql"), sql("db/2_b.sql", dialect="mysql"), sql("other/1_c.sql"))
        assert [[step.migration.dialect for step in tree.steps] for tree in found.trees] == [["mysql", "mysql"], [""]]

    def test_files_that_disagree_decide_nothing(self) -> None:
        found = migrations(
            sql("db/1_a.sql"), sql("db/2_b.sql", dialect="mysql"), sql("db/3_c.sql", dialect="sqlite")
        )  # fmt: skip
        assert [step.migration.dialect for step in found.trees[0].steps] == ["", "mysql", "sqlite"]

    def test_the_dialect_of_the_settings_counts_where_a_file_does_not_say(self) -> None:
        found = migrations(sql("db/1_a.sql"), sql("db/2_b.sql", dialect="mysql"), dialect="postgres")
        assert [step.migration.dialect for step in found.trees[0].steps] == ["postgres", "mysql"]

    def test_django_apps_wait_for_each_other(self) -> None:
        create = ops.CreateTable("mail_box", (), (), HERE, model="mail.Box")
        drop = ops.DropTable("mail_box", HERE)
        found = migrations(
            django("a/migrations/0001_initial.py"),
            django("a/migrations/0002_drop.py", "a.0001_initial", "mail.0001_initial", operations=(drop,)),
            django("mail/migrations/0001_initial.py", operations=(create,)),
        )
        assert [drop.name for drop in found.drops()] == ["mail_box"]

    def test_django_apps_let_each_other_run_before(self) -> None:
        create = ops.CreateTable("mail_box", (), (), HERE, model="mail.Box")
        drop = ops.DropTable("mail_box", HERE)
        found = migrations(
            django("a/migrations/0001_initial.py"),
            django("a/migrations/0002_drop.py", "a.0001_initial", operations=(drop,)),
            django("mail/migrations/0001_initial.py", operations=(create,), run_before=("a.0002_drop",)),
        )
        assert [drop.name for drop in found.drops()] == ["mail_box"]

    def test_an_app_that_calls_itself_otherwise_than_its_folder(self) -> None:
        found = migrations(
            django("lib/forms/migrations/0001_initial.py"),
            django("lib/forms/migrations/0002_b.py", "libforms.0001_initial"),
            django("lib/forms/migrations/0003_c.py", "libforms.0002_b", "auth.0001_initial"),
        )
        assert [tree.name for tree in found.trees] == ["libforms"]
        assert problems(found) == []


class TestTrees:
    def test_one_tree_per_folder_that_nothing_links(self) -> None:
        found = migrations(alembic("core/versions/a.py", "1"), alembic("tenant/versions/a.py", "2"))
        assert [tree.folder for tree in found.trees] == ["core/versions", "tenant/versions"]
        assert problems(found) == []

    def test_copies_of_a_tree_stay_apart(self) -> None:
        found = migrations(
            alembic("a/versions/1.py", "1"), alembic("a/versions/2.py", "2", "1"),
            alembic("b/versions/1.py", "1"), alembic("b/versions/2.py", "2", "1"),
        )  # fmt: skip
        assert len(found.trees) == 2
        assert problems(found) == []

    def test_migrations_of_tests_are_none_of_the_projects(self) -> None:
        found = migrations(
            alembic("v/1.py", "1"), alembic("tests/fixtures/v/1.py", "1"), alembic("tests/fixtures/v/2.py", "2")
        )
        assert [tree.folder for tree in found.trees] == ["v"]

    def test_unreadable_neighbours_excuse_a_missing_parent(self) -> None:
        variable = Variable("down_revision", None, None, HERE, HERE)
        unreadable = FileFacts("v/2.py", "python", variables=(variable,))
        found = migrations(alembic("v/1.py", "1"), unreadable, alembic("v/3.py", "3", "2"))
        assert problems(found) == []

    def test_the_newest_head_is_the_one_that_is_judged_then_the_one_created_last(self) -> None:
        files = (alembic("v/1.py", "1"), alembic("v/2.py", "2", "1"), alembic("v/3.py", "3", "1"))
        texts = {
            "v/2.py": b'"""\nCreate Date: 2026-02-02 10:00:00\n"""',
            "v/3.py": b'"""\nCreate Date: 2026-02-01 10:00:00\n"""',
        }
        assert problems(migrations(*files, texts=texts)) == [("several-heads", "2")]
        assert problems(migrations(*files, texts=texts, base={"v/1.py", "v/2.py"})) == [("several-heads", "3")]

    def test_a_missing_parent_in_the_middle_is_one_problem(self) -> None:
        found = migrations(alembic("v/1.py", "1"), alembic("v/3.py", "3", "2"), alembic("v/4.py", "4", "3"))
        assert problems(found) == [("missing-parent", "3")]

    def test_a_cycle_does_not_hang(self) -> None:
        found = migrations(alembic("v/1.py", "1", "3"), alembic("v/2.py", "2", "1"), alembic("v/3.py", "3", "2"))
        assert [kind for kind, _ in problems(found)] == ["cycle"]
        assert len(found.trees[0].steps) == 3


class TestJudged:
    FILES = (alembic("v/1.py", "1"), alembic("v/2.py", "2", "1"), alembic("v/3.py", "3", "2"))

    def test_all_without_version_control(self) -> None:
        assert judged(migrations(*self.FILES)) == ["1", "2", "3"]

    def test_those_that_the_base_lacks(self) -> None:
        assert judged(migrations(*self.FILES, base={"v/1.py", "v/2.py"})) == ["3"]
        assert judged(migrations(*self.FILES, base={"v/1.py", "v/2.py"}, judge_all=True)) == ["1", "2", "3"]

    def test_a_moved_file_is_not_new(self) -> None:
        assert judged(migrations(*self.FILES, base={"old/1.py", "old/2.py"})) == ["3"]

    def test_a_file_of_a_common_name_is_not_taken_for_a_moved_one(self) -> None:
        found = migrations(
            django("shop/migrations/0001_initial.py"), base={"mail/migrations/0001_initial.py", "shop/models.py"}
        )
        assert judged(found) == ["shop.0001_initial"]

    def test_accepted_through_follows_the_graph(self) -> None:
        branch = alembic("v/0.py", "0", "1")
        merge = alembic("v/4.py", "4", "0", "3")
        for name in ("2", "2.py", "v/2.py", "v/2"):
            assert judged(migrations(*self.FILES, branch, merge, accepted_through=(name,))) == ["0", "3", "4"]

    def test_accepted_through_in_a_folder_of_sql(self) -> None:
        files = [sql(f"db/{number}_x.sql", layout="goose") for number in (1, 2, 10)]
        assert judged(migrations(*files, accepted_through=("2_x",))) == ["db/10_x.sql"]

    def test_an_accepted_name_that_nothing_has_is_told(self) -> None:
        assert migrations(*self.FILES, accepted_through=("2", "typo")).unknown_accepted == ("typo",)

    def test_the_first_migration_breaks_nobody(self) -> None:
        drop = ops.DropTable("legacy", HERE)
        assert not list(migrations(alembic("v/1.py", "1", operations=(USERS, drop))).drops())

    def test_a_root_that_only_changes_what_was_there_is_no_beginning(self) -> None:
        drop = ops.DropTable("legacy", HERE)
        assert list(migrations(alembic("v/1.py", "1", operations=(drop,))).drops())


class TestDeployments:
    ADD = ops.AddColumn("users", ColumnSpec("bio", "text", nullable=True), HERE)
    DROP = ops.DropColumn("users", "bio", HERE)

    def files(self) -> tuple[FileFacts, ...]:
        return (
            alembic("v/1.py", "1", operations=(USERS,)),
            alembic("v/2.py", "2", "1", operations=(self.ADD,)),
            alembic("v/3.py", "3", "2", operations=(self.DROP,)),
        )

    def test_what_one_change_adds_and_drops_nobody_saw(self) -> None:
        assert not list(migrations(*self.files(), base={"v/1.py"}).drops())

    def test_what_the_default_branch_holds_was_deployed_one_by_one(self) -> None:
        files = (*self.files(), alembic("v/4.py", "4", "3"))
        found = migrations(*files, base={"v/1.py", "v/2.py", "v/3.py"}, accepted_through=("1",))
        assert judged(found) == ["2", "3", "4"]
        assert [drop.name for drop in found.drops()] == ["users.bio"]

    def test_without_a_base_every_file_is_a_deployment(self) -> None:
        assert [drop.name for drop in migrations(*self.files()).drops()] == ["users.bio"]

    def test_an_older_number_that_is_new_runs_last(self) -> None:
        found = migrations(
            sql("db/1.sql", USERS), sql("db/2.sql", self.DROP), sql("db/3.sql", self.ADD), base={"db/1.sql", "db/3.sql"}
        )
        assert [drop.name for drop in found.drops()] == ["users.bio"]

    def test_something_unread_may_have_made_a_table_that_is_not_known(self) -> None:
        unread = ops.UnreadOperation(HERE, "computed")
        drop = ops.DropTable("mystery", HERE)
        first = ops.AlterColumn("mystery", "a", HERE, nullable=True)
        known = ops.DropTable("users", HERE)
        found = migrations(
            alembic("v/1.py", "1", operations=(USERS,)),
            alembic("v/2.py", "2", "1", operations=(unread, first, drop, known)),
        )
        assert [drop.name for drop in found.drops()] == ["users"]
