-- +goose Up
-- drop index "event_application_id_position" from table: "events"
DROP INDEX "event_application_id_position";

-- +goose Down
-- reverse: drop index "event_application_id_position" from table: "events"
CREATE INDEX "event_application_id_position" ON "events" ("application_id", "position");
