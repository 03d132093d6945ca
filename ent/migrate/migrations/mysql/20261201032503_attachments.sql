-- +goose Up
-- modify "messages" table
ALTER TABLE `messages` ADD COLUMN `attachments` mediumblob NULL;
-- create "attachments" table
CREATE TABLE `attachments` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `uploader_subject` varchar(80) NOT NULL, `file_name` varchar(255) NOT NULL, `media_type` varchar(127) NOT NULL DEFAULT '', `size` bigint NOT NULL DEFAULT 0, `width` int NOT NULL DEFAULT 0, `height` int NOT NULL DEFAULT 0, `sha256` tinyblob NULL, `conversation_id` char(36) NULL, `message_id` char(36) NULL, `created_at` bigint NOT NULL, `completed_at` bigint NULL, `remove_after` bigint NULL, PRIMARY KEY (`id`), INDEX `attachment_conversation_id` (`conversation_id`), INDEX `attachment_remove_after` (`remove_after`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
-- reverse: create "attachments" table
DROP TABLE `attachments`;
-- reverse: modify "messages" table
ALTER TABLE `messages` DROP COLUMN `attachments`;
