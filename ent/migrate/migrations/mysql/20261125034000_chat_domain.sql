-- +goose Up
-- modify "anonymous_users" table
ALTER TABLE `anonymous_users` ADD COLUMN `conversation_id` char(36) NULL, ADD COLUMN `address_hash` varchar(32) NOT NULL DEFAULT '', DROP INDEX `anonymoususer_application_id_device_id`, ADD INDEX `anonymoususer_application_id_address_hash_created_at` (`application_id`, `address_hash`, `created_at`), ADD INDEX `anonymoususer_application_id_device_id_created_at` (`application_id`, `device_id`, `created_at`);
-- modify "audience_targets" table
ALTER TABLE `audience_targets` DROP INDEX `audiencetarget_application_id_entity_filter_role_filter`, ADD INDEX `audiencetarget_filters` (`application_id`, `entity_filter`, `role_filter`, `conversation_id`);
-- modify "conversations" table
ALTER TABLE `conversations` ADD COLUMN `is_wide` bool NOT NULL DEFAULT 0, ADD COLUMN `for_everyone` bool NOT NULL DEFAULT 0;
-- modify "events" table
ALTER TABLE `events` ADD COLUMN `recipient_only` bool NOT NULL DEFAULT 0, ADD COLUMN `origin` bigint NULL, ADD COLUMN `addressees` mediumblob NULL;
-- modify "participants" table
ALTER TABLE `participants` ADD COLUMN `unread` bigint NOT NULL DEFAULT 0, ADD COLUMN `list_rank` bigint NULL, ADD COLUMN `anonymous_id` char(36) NULL, DROP INDEX `participant_application_id_subject_left_at`, ADD INDEX `participant_application_id_subject_list_rank` (`application_id`, `subject`, `list_rank`), ADD INDEX `participant_application_id_subject_unread` (`application_id`, `subject`, `unread`);
-- modify "users" table
ALTER TABLE `users` ADD COLUMN `entity_name` varchar(200) NOT NULL DEFAULT '', ADD COLUMN `source` varchar(8) NOT NULL DEFAULT 'host';
-- create "announcement_deliveries" table
CREATE TABLE `announcement_deliveries` (`position` bigint NOT NULL, `application_id` varchar(64) NOT NULL, `conversation_id` char(36) NOT NULL, `after_user_id` varchar(64) NOT NULL DEFAULT '', `published_count` bigint NOT NULL DEFAULT 0, `started_at` bigint NULL, `finished_at` bigint NULL, PRIMARY KEY (`position`), INDEX `announcementdelivery_conversation_id_position` (`conversation_id`, `position`), INDEX `announcementdelivery_finished_at_position` (`finished_at`, `position`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "audiences" table
CREATE TABLE `audiences` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `author_id` varchar(64) NOT NULL DEFAULT '', `everyone` bool NOT NULL DEFAULT 0, `created_at` bigint NOT NULL, PRIMARY KEY (`id`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "audience_receipts" table
CREATE TABLE `audience_receipts` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `conversation_id` char(36) NOT NULL, `user_id` varchar(64) NOT NULL, `delivered_at` bigint NOT NULL, `read_at` bigint NULL, PRIMARY KEY (`id`), INDEX `audiencereceipt_conversation_id_user_id_read_at` (`conversation_id`, `user_id`, `read_at`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "leases" table
CREATE TABLE `leases` (`name` varchar(64) NOT NULL, `owner` varchar(64) NOT NULL DEFAULT '', `held_until` bigint NOT NULL DEFAULT 0, PRIMARY KEY (`name`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "message_changes" table
CREATE TABLE `message_changes` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `message_id` char(36) NOT NULL, `action` varchar(16) NOT NULL, `subject` varchar(80) NOT NULL DEFAULT '', `created_at` bigint NOT NULL, PRIMARY KEY (`id`), INDEX `messagechange_message_id_id` (`message_id`, `id`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX `conversation_application_id_type_id` ON `conversations` (`application_id`, `type`, `id`);
-- the places of conversations in their participants' lists, and what is unread
UPDATE `conversations` SET `is_wide` = true WHERE `participant_count` > 50;
UPDATE `participants` SET
  `list_rank` = (SELECT CASE WHEN c.`is_wide` THEN 0 WHEN c.`is_pinned` THEN c.`last_activity_at` + 1152921504606846976 ELSE c.`last_activity_at` END
    FROM `conversations` c WHERE c.`id` = `participants`.`conversation_id`)
  WHERE `left_at` IS NULL AND EXISTS (SELECT 1 FROM `conversations` c WHERE c.`id` = `participants`.`conversation_id` AND c.`deleted_at` IS NULL);
UPDATE `participants` SET
  `unread` = (SELECT CASE WHEN c.`is_wide` OR c.`last_seq` < `participants`.`read_seq` + `participants`.`own_unread` THEN 0
    ELSE c.`last_seq` - `participants`.`read_seq` - `participants`.`own_unread` END
    FROM `conversations` c WHERE c.`id` = `participants`.`conversation_id`)
  WHERE `list_rank` > 0;
UPDATE `participants` SET `unread` = -`unread`
  WHERE `unread` > 0 AND EXISTS (SELECT 1 FROM `conversations` c WHERE c.`id` = `participants`.`conversation_id` AND c.`expires_at` IS NOT NULL);

-- +goose Down
DROP INDEX `conversation_application_id_type_id` ON `conversations`;
-- reverse: create "message_changes" table
DROP TABLE `message_changes`;
-- reverse: create "leases" table
DROP TABLE `leases`;
-- reverse: create "audience_receipts" table
DROP TABLE `audience_receipts`;
-- reverse: create "audiences" table
DROP TABLE `audiences`;
-- reverse: create "announcement_deliveries" table
DROP TABLE `announcement_deliveries`;
-- reverse: modify "users" table
ALTER TABLE `users` DROP COLUMN `source`, DROP COLUMN `entity_name`;
-- reverse: modify "participants" table
ALTER TABLE `participants` DROP INDEX `participant_application_id_subject_unread`, DROP INDEX `participant_application_id_subject_list_rank`, ADD INDEX `participant_application_id_subject_left_at` (`application_id`, `subject`, `left_at`), DROP COLUMN `anonymous_id`, DROP COLUMN `list_rank`, DROP COLUMN `unread`;
-- reverse: modify "events" table
ALTER TABLE `events` DROP COLUMN `addressees`, DROP COLUMN `origin`, DROP COLUMN `recipient_only`;
-- reverse: modify "conversations" table
ALTER TABLE `conversations` DROP COLUMN `for_everyone`, DROP COLUMN `is_wide`;
-- reverse: modify "audience_targets" table
ALTER TABLE `audience_targets` DROP INDEX `audiencetarget_filters`, ADD INDEX `audiencetarget_application_id_entity_filter_role_filter` (`application_id`, `entity_filter`, `role_filter`);
-- reverse: modify "anonymous_users" table
ALTER TABLE `anonymous_users` DROP INDEX `anonymoususer_application_id_device_id_created_at`, DROP INDEX `anonymoususer_application_id_address_hash_created_at`, ADD INDEX `anonymoususer_application_id_device_id` (`application_id`, `device_id`), DROP COLUMN `address_hash`, DROP COLUMN `conversation_id`;
