-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_leases" table
CREATE TABLE `new_leases` (`name` text NOT NULL, `owner` text NOT NULL DEFAULT (''), `held_until` integer NOT NULL DEFAULT (0), `secret` text NOT NULL DEFAULT (''), PRIMARY KEY (`name`));
-- copy rows from old table "leases" to new temporary table "new_leases"
INSERT INTO `new_leases` (`name`, `owner`, `held_until`) SELECT `name`, `owner`, `held_until` FROM `leases`;
-- drop "leases" table after copying rows
DROP TABLE `leases`;
-- rename temporary table "new_leases" to "leases"
ALTER TABLE `new_leases` RENAME TO `leases`;
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: modify "leases" table
ALTER TABLE `leases` DROP COLUMN `secret`;
