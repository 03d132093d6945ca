-- +goose Up
-- add column "attachments" to table: "messages"
ALTER TABLE `messages` ADD COLUMN `attachments` blob NULL;
-- create "attachments" table
CREATE TABLE `attachments` (`id` uuid NOT NULL, `application_id` text NOT NULL, `uploader_subject` text NOT NULL, `file_name` text NOT NULL, `media_type` text NOT NULL DEFAULT (''), `size` integer NOT NULL DEFAULT (0), `width` integer NOT NULL DEFAULT (0), `height` integer NOT NULL DEFAULT (0), `sha256` blob NULL, `conversation_id` uuid NULL, `message_id` uuid NULL, `created_at` integer NOT NULL, `completed_at` integer NULL, `remove_after` integer NULL, PRIMARY KEY (`id`));
-- create index "attachment_remove_after" to table: "attachments"
CREATE INDEX `attachment_remove_after` ON `attachments` (`remove_after`);
-- create index "attachment_conversation_id" to table: "attachments"
CREATE INDEX `attachment_conversation_id` ON `attachments` (`conversation_id`);

-- +goose Down
-- reverse: create index "attachment_conversation_id" to table: "attachments"
DROP INDEX `attachment_conversation_id`;
-- reverse: create index "attachment_remove_after" to table: "attachments"
DROP INDEX `attachment_remove_after`;
-- reverse: create "attachments" table
DROP TABLE `attachments`;
-- reverse: add column "attachments" to table: "messages"
ALTER TABLE `messages` DROP COLUMN `attachments`;
