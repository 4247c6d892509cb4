-- The first format of the server's database, as it was released. Never edited.
CREATE TABLE documents (
    document   BLOB    NOT NULL PRIMARY KEY,
    head       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE TABLE events (
    document    BLOB    NOT NULL,
    revision    INTEGER NOT NULL,
    replica     INTEGER NOT NULL,
    counter     INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    header      BLOB    NOT NULL,
    payload     BLOB    NOT NULL,
    PRIMARY KEY (document, revision),
    UNIQUE (document, replica, counter)
) WITHOUT ROWID, STRICT;
CREATE TABLE profiles (
    author BLOB    NOT NULL PRIMARY KEY,
    name   TEXT    NOT NULL,
    colour INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE TABLE authors (
    document BLOB NOT NULL,
    author   BLOB NOT NULL,
    PRIMARY KEY (document, author)
) WITHOUT ROWID, STRICT;
CREATE TABLE participants (
    document BLOB NOT NULL,
    author   BLOB NOT NULL,
    PRIMARY KEY (document, author)
) WITHOUT ROWID, STRICT;
CREATE TABLE summaries (
    document BLOB    NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    title    TEXT    NOT NULL,
    archived INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
PRAGMA application_id = 1349283184;
PRAGMA user_version = 1;
