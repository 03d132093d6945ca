-- +goose Up
ALTER TABLE `participants` ADD COLUMN `has_unread` bool NOT NULL DEFAULT 0, ADD COLUMN `wide_delivered_seq` bigint NULL, ADD COLUMN `wide_read_seq` bigint NULL;
-- what a member's own messages are among the unread was kept in wide conversations only
UPDATE `participants` SET `own_unread` =
  (SELECT CASE WHEN c.`last_seq` < `participants`.`read_seq` + ABS(`participants`.`unread`) THEN 0
    ELSE c.`last_seq` - `participants`.`read_seq` - ABS(`participants`.`unread`) END
    FROM `conversations` c WHERE c.`id` = `participants`.`conversation_id`)
  WHERE `list_rank` > 0;
UPDATE `participants` SET `has_unread` = (`unread` <> 0);
UPDATE `participants` SET `wide_delivered_seq` = `delivered_seq`, `wide_read_seq` = `read_seq` WHERE `list_rank` = 0;
UPDATE `participants` SET `list_rank` = `list_rank` | 67108863 WHERE `list_rank` > 0;
ALTER TABLE `participants` DROP INDEX `participant_application_id_subject_unread`, DROP INDEX `participant_conversation_id_left_at_delivered_seq`, DROP INDEX `participant_conversation_id_left_at_read_seq`, DROP COLUMN `unread`, ADD INDEX `participant_application_id_subject_has_unread` (`application_id`, `subject`, `has_unread`), ADD INDEX `participant_conversation_id_left_at_wide_delivered_seq` (`conversation_id`, `left_at`, `wide_delivered_seq`), ADD INDEX `participant_conversation_id_left_at_wide_read_seq` (`conversation_id`, `left_at`, `wide_read_seq`);

-- +goose Down
ALTER TABLE `participants` ADD COLUMN `unread` bigint NOT NULL DEFAULT 0;
UPDATE `participants` SET `unread` =
  (SELECT CASE WHEN c.`last_seq` < `participants`.`read_seq` + `participants`.`own_unread` THEN 0
    ELSE c.`last_seq` - `participants`.`read_seq` - `participants`.`own_unread` END
    FROM `conversations` c WHERE c.`id` = `participants`.`conversation_id`)
  WHERE `list_rank` > 0;
UPDATE `participants` SET `unread` = -`unread`
  WHERE `unread` > 0 AND EXISTS (SELECT 1 FROM `conversations` c WHERE c.`id` = `participants`.`conversation_id` AND c.`expires_at` IS NOT NULL);
ALTER TABLE `participants` DROP INDEX `participant_conversation_id_left_at_wide_read_seq`, DROP INDEX `participant_conversation_id_left_at_wide_delivered_seq`, DROP INDEX `participant_application_id_subject_has_unread`, DROP COLUMN `wide_read_seq`, DROP COLUMN `wide_delivered_seq`, DROP COLUMN `has_unread`, ADD INDEX `participant_conversation_id_left_at_read_seq` (`conversation_id`, `left_at`, `read_seq`), ADD INDEX `participant_conversation_id_left_at_delivered_seq` (`conversation_id`, `left_at`, `delivered_seq`), ADD INDEX `participant_application_id_subject_unread` (`application_id`, `subject`, `unread`);
