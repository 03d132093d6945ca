-- +goose Up
-- modify "events" table
ALTER TABLE `events` DROP INDEX `event_application_id_position`;

-- +goose Down
-- reverse: modify "events" table
ALTER TABLE `events` ADD INDEX `event_application_id_position` (`application_id`, `position`);
