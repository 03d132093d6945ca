-- +goose Up
-- modify "leases" table
ALTER TABLE `leases` ADD COLUMN `secret` varchar(32) NOT NULL DEFAULT '';

-- +goose Down
-- reverse: modify "leases" table
ALTER TABLE `leases` DROP COLUMN `secret`;
