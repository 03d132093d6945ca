-- +goose Up
-- modify "leases" table
ALTER TABLE "leases" ADD COLUMN "secret" character varying NOT NULL DEFAULT '';

-- +goose Down
-- reverse: modify "leases" table
ALTER TABLE "leases" DROP COLUMN "secret";
