-- +goose Up
-- Columns are added one by one, and no table is made anew: the enforcement of foreign keys cannot be switched off within a
-- migration's transaction, and dropping a table would be refused for the rows that refer to it.
ALTER TABLE `anonymous_users` ADD COLUMN `conversation_id` uuid NULL;
ALTER TABLE `anonymous_users` ADD COLUMN `address_hash` text NOT NULL DEFAULT '';
DROP INDEX `anonymoususer_application_id_device_id`;
CREATE INDEX `anonymoususer_application_id_device_id_created_at` ON `anonymous_users` (`application_id`, `device_id`, `created_at`);
CREATE INDEX `anonymoususer_application_id_address_hash_created_at` ON `anonymous_users` (`application_id`, `address_hash`, `created_at`);
DROP INDEX `audiencetarget_application_id_entity_filter_role_filter`;
CREATE INDEX `audiencetarget_filters` ON `audience_targets` (`application_id`, `entity_filter`, `role_filter`, `conversation_id`);
ALTER TABLE `conversations` ADD COLUMN `is_wide` bool NOT NULL DEFAULT false;
ALTER TABLE `conversations` ADD COLUMN `for_everyone` bool NOT NULL DEFAULT false;
ALTER TABLE `events` ADD COLUMN `recipient_only` bool NOT NULL DEFAULT false;
ALTER TABLE `events` ADD COLUMN `origin` integer NULL;
ALTER TABLE `events` ADD COLUMN `addressees` blob NULL;
ALTER TABLE `participants` ADD COLUMN `unread` integer NOT NULL DEFAULT 0;
ALTER TABLE `participants` ADD COLUMN `list_rank` integer NULL;
ALTER TABLE `participants` ADD COLUMN `anonymous_id` uuid NULL;
DROP INDEX `participant_application_id_subject_left_at`;
CREATE INDEX `participant_application_id_subject_list_rank` ON `participants` (`application_id`, `subject`, `list_rank`);
CREATE INDEX `participant_application_id_subject_unread` ON `participants` (`application_id`, `subject`, `unread`);
ALTER TABLE `users` ADD COLUMN `entity_name` text NOT NULL DEFAULT '';
ALTER TABLE `users` ADD COLUMN `source` text NOT NULL DEFAULT 'host';
CREATE TABLE `announcement_deliveries` (`position` integer NOT NULL, `application_id` text NOT NULL, `conversation_id` uuid NOT NULL, `after_user_id` text NOT NULL DEFAULT (''), `published_count` integer NOT NULL DEFAULT (0), `started_at` integer NULL, `finished_at` integer NULL, PRIMARY KEY (`position`));
CREATE INDEX `announcementdelivery_finished_at_position` ON `announcement_deliveries` (`finished_at`, `position`);
CREATE INDEX `announcementdelivery_conversation_id_position` ON `announcement_deliveries` (`conversation_id`, `position`);
CREATE TABLE `audiences` (`id` uuid NOT NULL, `application_id` text NOT NULL, `author_id` text NOT NULL DEFAULT (''), `everyone` bool NOT NULL DEFAULT (false), `created_at` integer NOT NULL, PRIMARY KEY (`id`));
CREATE TABLE `audience_receipts` (`id` uuid NOT NULL, `application_id` text NOT NULL, `conversation_id` uuid NOT NULL, `user_id` text NOT NULL, `delivered_at` integer NOT NULL, `read_at` integer NULL, PRIMARY KEY (`id`));
CREATE INDEX `audiencereceipt_conversation_id_user_id_read_at` ON `audience_receipts` (`conversation_id`, `user_id`, `read_at`);
CREATE TABLE `leases` (`name` text NOT NULL, `owner` text NOT NULL DEFAULT (''), `held_until` integer NOT NULL DEFAULT (0), PRIMARY KEY (`name`));
CREATE TABLE `message_changes` (`id` uuid NOT NULL, `application_id` text NOT NULL, `message_id` uuid NOT NULL, `action` text NOT NULL, `subject` text NOT NULL DEFAULT (''), `created_at` integer NOT NULL, PRIMARY KEY (`id`));
CREATE INDEX `messagechange_message_id_id` ON `message_changes` (`message_id`, `id`);
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
DROP INDEX `conversation_application_id_type_id`;
DROP TABLE `message_changes`;
DROP TABLE `leases`;
DROP TABLE `audience_receipts`;
DROP TABLE `audiences`;
DROP TABLE `announcement_deliveries`;
DROP INDEX `participant_application_id_subject_unread`;
DROP INDEX `participant_application_id_subject_list_rank`;
CREATE INDEX `participant_application_id_subject_left_at` ON `participants` (`application_id`, `subject`, `left_at`);
ALTER TABLE `participants` DROP COLUMN `anonymous_id`;
ALTER TABLE `participants` DROP COLUMN `list_rank`;
ALTER TABLE `participants` DROP COLUMN `unread`;
ALTER TABLE `events` DROP COLUMN `addressees`;
ALTER TABLE `events` DROP COLUMN `origin`;
ALTER TABLE `events` DROP COLUMN `recipient_only`;
ALTER TABLE `conversations` DROP COLUMN `for_everyone`;
ALTER TABLE `conversations` DROP COLUMN `is_wide`;
ALTER TABLE `users` DROP COLUMN `source`;
ALTER TABLE `users` DROP COLUMN `entity_name`;
DROP INDEX `audiencetarget_filters`;
CREATE INDEX `audiencetarget_application_id_entity_filter_role_filter` ON `audience_targets` (`application_id`, `entity_filter`, `role_filter`);
DROP INDEX `anonymoususer_application_id_address_hash_created_at`;
DROP INDEX `anonymoususer_application_id_device_id_created_at`;
CREATE INDEX `anonymoususer_application_id_device_id` ON `anonymous_users` (`application_id`, `device_id`);
ALTER TABLE `anonymous_users` DROP COLUMN `address_hash`;
ALTER TABLE `anonymous_users` DROP COLUMN `conversation_id`;
