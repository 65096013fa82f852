"""The tables. A change here needs a migration in ``migrations/versions``; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from bot.store.base import Counter, Moment, metadata

__all__ = ["Counter", "Moment", "metadata"]


conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("account", String(80), nullable=False, server_default=""),
    Column("external_id", String(80), nullable=False),
    Column("address", String(80)),
    Column("person_id", String(32), index=True),
    Column("token_hash", String(64)),
    Column("language", String(10), nullable=False, server_default="en"),
    Column("status_tries", Integer, nullable=False, server_default="0"),
    Column("speaks_of", String(32)),
    Column("mode", String(10), nullable=False, server_default="bot"),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("last_seq", Integer, nullable=False, server_default="0"),
    Column("lease_owner", String(32)),
    Column("lease_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    CheckConstraint("mode IN ('bot', 'waiting', 'human')", name="mode"),
    UniqueConstraint("channel", "account", "external_id"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("sender", String(10), nullable=False),
    Column("name", String(80)),
    Column("text", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("sender IN ('citizen', 'bot', 'staff', 'system')", name="sender"),
    UniqueConstraint("conversation_id", "seq"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("account", String(80), nullable=False),
    Column("external_id", String(80), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("content", JSON, nullable=False),
    Column("state", String(10), nullable=False, server_default="pending"),
    Column("outcome", String(20)),
    Column("draft", JSON),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("unusable", Integer, nullable=False, server_default="0"),
    Column("told", Boolean, nullable=False, server_default=false()),
    Column("received_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("settled_at", Moment),
    CheckConstraint("state IN ('pending', 'settled')", name="state"),
    UniqueConstraint("channel", "account", "external_id"),
    UniqueConstraint("conversation_id", "seq"),
    Index(
        "ix_inbox_pending", "due_at", sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'")
    ),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("state", String(10), nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("parts_sent", Integer, nullable=False, server_default="0"),
    Column("lease_until", Moment),
    Column("due_at", Moment, nullable=False),
    Column("error", Text),
    Column("sent_at", Moment),
    CheckConstraint("state IN ('pending', 'sent', 'dead')", name="state"),
    UniqueConstraint("conversation_id", "seq"),
    Index(
        "ix_outbox_pending",
        "channel",
        "due_at",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)

#: What Telegram sent, each update once for ever. ``payload`` is there until it is dealt with; ``outcome`` says how.
telegram_updates = Table(
    "telegram_updates",
    metadata,
    Column("bot", String(20), primary_key=True),
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat", String(20)),
    Column("payload", Text),
    Column("outcome", String(30)),
    Column("received_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("done_at", Moment),
    Index(
        "ix_telegram_updates_pending",
        "bot",
        "update_id",
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
)

#: One-time codes that link the conversations of one person. Only a hash of the code is kept.
link_codes = Table(
    "link_codes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("code_hash", String(64), nullable=False, unique=True),
    Column("state", String(10), nullable=False, server_default="open"),
    Column("typed_by", String(32), ForeignKey("conversations.id")),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    CheckConstraint("state IN ('open', 'typed', 'agreed', 'linked', 'void')", name="state"),
)

#: Codes that were typed and were wrong, so that nobody can guess for long.
link_misses = Table(
    "link_misses",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
)

#: Work that one process at a time may do, of all that share the database.
leases = Table(
    "leases",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("owner", String(32), nullable=False),
    Column("until", Moment, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("seq", Integer),
    Column("data", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "conversation_id", "id"),
    sqlite_autoincrement=True,
)

cases = Table(
    "cases",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("state", String(10), nullable=False, server_default="waiting"),
    Column("reason", String(40), nullable=False),
    Column("brief", JSON, nullable=False),
    Column("owner_id", String(32), ForeignKey("staff.id")),
    Column("answer_by", Moment),
    Column("opened_at", Moment, nullable=False),
    Column("claimed_at", Moment),
    Column("closed_at", Moment),
    Column("closed_as", String(20)),
    Column("last_seq", Integer),
    Column("linked_seqs", JSON),
    Column("about", String(20), index=True),
    Column("rating", Integer),
    CheckConstraint("state IN ('waiting', 'claimed', 'closed')", name="state"),
    CheckConstraint("(state = 'claimed') = (owner_id IS NOT NULL AND closed_at IS NULL)", name="owner"),
    # At most one open case for a conversation: two hand-overs at once must not make two.
    Index(
        "ix_cases_open",
        "conversation_id",
        unique=True,
        sqlite_where=text("state <> 'closed'"),
        postgresql_where=text("state <> 'closed'"),
    ),
    Index(None, "state", "opened_at"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("username", String(80), nullable=False, unique=True),
    Column("name", String(80), nullable=False),
    Column("role", String(20), nullable=False),
    Column("posts", JSON, nullable=False, server_default="[]"),
    Column("password_hash", String(200), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("failed_signins", Integer, nullable=False, server_default="0"),
    Column("locked_until", Moment),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("role IN ('agent', 'supervisor', 'editor')", name="role"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("staff_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

#: What a citizen asks a policy to decide, while it is asked for and after. Cancelling takes the values of the
#: facts away; which messages supplied them stays, so that these stay masked.
applications = Table(
    "applications",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("policy", String(80), nullable=False),
    Column("version", String(20)),
    Column("state", String(10), nullable=False, server_default="open"),
    Column("facts", JSON, nullable=False),
    Column("question", String(80)),
    Column("last_fact", String(80)),
    Column("misses", Integer, nullable=False, server_default="0"),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    CheckConstraint("state IN ('open', 'decided', 'cancelled')", name="state"),
    CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
    # One form for one conversation: a second open application would make 'yes' mean two things.
    Index(
        "ix_applications_open",
        "conversation_id",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

#: The chain of decision records. Rows are added and never changed; ``place`` counts from 1 without gaps.
decisions = Table(
    "decisions",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("id", String(32), nullable=False, unique=True),
    Column("reference", String(20), nullable=False, unique=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False, index=True),
    Column("application_id", String(32), ForeignKey("applications.id"), nullable=False),
    Column("departs_from", String(32), ForeignKey("decisions.id"), unique=True),
    Column("record", Text, nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("previous", String(64), unique=True),
    Column("words_sha256", String(64), ForeignKey("decision_words.sha256"), nullable=False),
    Column("decided_at", Moment, nullable=False),
    # An application is decided once by the rules; staff may then depart from that decision, also once.
    Index(
        "ix_decisions_of_rules",
        "application_id",
        unique=True,
        sqlite_where=text("departs_from IS NULL"),
        postgresql_where=text("departs_from IS NULL"),
    ),
)

#: The words with which notices were written, once for each wording, so that a text can be made again years later.
decision_words = Table(
    "decision_words",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("language", String(10), nullable=False),
    Column("content", Text, nullable=False),
)

#: Ended conversations that Rasa still has to forget. A row goes once it has.
forgetting = Table(
    "forgetting",
    metadata,
    Column("conversation_id", String(32), ForeignKey("conversations.id"), primary_key=True),
    Column("asked_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
)

#: Who has opened the masked facts of a case, and when. Rows are added and never changed.
openings = Table(
    "openings",
    metadata,
    Column("case_id", String(32), ForeignKey("cases.id"), primary_key=True),
    Column("staff_id", String(32), ForeignKey("staff.id"), primary_key=True),
    Column("facts", JSON, nullable=False),
    Column("opened_at", Moment, nullable=False),
)

#: Questions that got no answer, or one that did not help, as staff may see them: personal data is masked.
misses = Table(
    "misses",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("question", Text, nullable=False),
    Column("kind", String(80), nullable=False),
    Column("answer", String(80)),
    Column("offered", JSON, nullable=False),
    Column("state", String(10), nullable=False, server_default="open"),
    Column("asked_at", Moment, nullable=False),
    CheckConstraint("state IN ('open', 'used', 'aside')", name="state"),
    UniqueConstraint("conversation_id", "seq"),
    Index(None, "state", "asked_at"),
)

#: Changes of written answers that editors prepare. ``plan`` is there while one is being published, and after a crash
#: says what was meant.
drafts = Table(
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("answer", String(80), nullable=False),
    Column("state", String(12), nullable=False, server_default="open"),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("content", JSON, nullable=False),
    Column("trial", JSON),
    Column("plan", JSON),
    Column("bears_policy", Boolean, nullable=False),
    Column("undoes", Integer, ForeignKey("publications.number")),
    Column("editors", JSON, nullable=False),
    Column("sent_by", String(32), ForeignKey("staff.id")),
    Column("approved_by", String(32), ForeignKey("staff.id")),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    CheckConstraint(
        "state IN ('open', 'trying', 'tried', 'waiting', 'publishing', 'published', 'dropped')", name="state"
    ),
    Index(None, "state"),
)

#: What was published, by whom, and what it changed. Rows are added and never changed.
publications = Table(
    "publications",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("draft_id", String(32), nullable=False, unique=True),
    Column("answer", String(80), nullable=False),
    Column("title", Text, nullable=False),
    Column("undoes", Integer, unique=True),
    Column("before", Text),
    Column("after", Text),
    Column("added", JSON, nullable=False),
    Column("removed", JSON, nullable=False),
    Column("figures", JSON, nullable=False),
    Column("editors", JSON, nullable=False),
    Column("published_by", String(32), ForeignKey("staff.id"), nullable=False),
    Column("approved_by", String(32), ForeignKey("staff.id")),
    Column("published_at", Moment, nullable=False),
)
