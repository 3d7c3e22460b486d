-- How many assets are in each state, kept as they move: asked every second, counted never.

CREATE TABLE asset_counts (
    state   TEXT PRIMARY KEY,
    assets  INTEGER NOT NULL CHECK (assets >= 0)
) STRICT, WITHOUT ROWID;

INSERT INTO asset_counts (state, assets) SELECT state, count(*) FROM assets GROUP BY state;

CREATE TRIGGER assets_counted_in AFTER INSERT ON assets
BEGIN
    INSERT INTO asset_counts (state, assets) VALUES (NEW.state, 1)
    ON CONFLICT (state) DO UPDATE SET assets = assets + 1;
END;

CREATE TRIGGER assets_counted_over AFTER UPDATE OF state ON assets WHEN NEW.state <> OLD.state
BEGIN
    UPDATE asset_counts SET assets = assets - 1 WHERE state = OLD.state;
    INSERT INTO asset_counts (state, assets) VALUES (NEW.state, 1)
    ON CONFLICT (state) DO UPDATE SET assets = assets + 1;
END;
