-- +goose Up
-- drop index "event_application_id_recipient_position" from table: "events"
DROP INDEX `event_application_id_recipient_position`;
-- create index "event_application_id_recipient_position" to table: "events"
CREATE INDEX `event_application_id_recipient_position` ON `events` (`application_id`, `recipient`, `position`) WHERE recipient IS NOT NULL;
-- drop index "participant_application_id_subject_unread" from table: "participants"
DROP INDEX `participant_application_id_subject_unread`;
-- drop index "participant_conversation_id_left_at_delivered_seq" from table: "participants"
DROP INDEX `participant_conversation_id_left_at_delivered_seq`;
-- drop index "participant_conversation_id_left_at_read_seq" from table: "participants"
DROP INDEX `participant_conversation_id_left_at_read_seq`;
-- create index "participant_application_id_subject_unread" to table: "participants"
CREATE INDEX `participant_application_id_subject_unread` ON `participants` (`application_id`, `subject`, `unread`) WHERE unread <> 0;
-- create index "participant_conversation_id_left_at_delivered_seq" to table: "participants"
CREATE INDEX `participant_conversation_id_left_at_delivered_seq` ON `participants` (`conversation_id`, `left_at`, `delivered_seq`) WHERE list_rank = 0;
-- create index "participant_conversation_id_left_at_read_seq" to table: "participants"
CREATE INDEX `participant_conversation_id_left_at_read_seq` ON `participants` (`conversation_id`, `left_at`, `read_seq`) WHERE list_rank = 0;
-- no table refers to messages, so that it can be made anew with foreign keys enforced
-- create "new_messages" table
CREATE TABLE `new_messages` (`id` uuid NOT NULL, `application_id` text NOT NULL, `conversation_id` uuid NOT NULL, `seq` integer NULL, `client_message_id` text NOT NULL, `sender_subject` text NOT NULL DEFAULT (''), `sender_name` text NOT NULL DEFAULT (''), `content` text NOT NULL, `content_type` text NOT NULL, `fingerprint` blob NOT NULL, `reply_to_message_id` uuid NULL, `is_announcement` bool NOT NULL DEFAULT (false), `is_moderated` bool NOT NULL DEFAULT (false), `moderation_status` text NOT NULL, `created_at` integer NOT NULL, `delivered_at` integer NULL, `read_at` integer NULL, `edited_at` integer NULL, `deleted_at` integer NULL, PRIMARY KEY (`id`));
-- copy rows from old table "messages" to new temporary table "new_messages"
INSERT INTO `new_messages` (`id`, `application_id`, `conversation_id`, `seq`, `client_message_id`, `sender_subject`, `sender_name`, `content`, `content_type`, `fingerprint`, `reply_to_message_id`, `is_announcement`, `is_moderated`, `moderation_status`, `created_at`, `delivered_at`, `read_at`, `edited_at`, `deleted_at`) SELECT `id`, `application_id`, `conversation_id`, `seq`, `client_message_id`, `sender_subject`, `sender_name`, `content`, `content_type`, `fingerprint`, `reply_to_message_id`, `is_announcement`, `is_moderated`, `moderation_status`, `created_at`, `delivered_at`, `read_at`, `edited_at`, `deleted_at` FROM `messages`;
-- drop "messages" table after copying rows
DROP TABLE `messages`;
-- rename temporary table "new_messages" to "messages"
ALTER TABLE `new_messages` RENAME TO `messages`;
-- create index "message_conversation_id_seq" to table: "messages"
CREATE UNIQUE INDEX `message_conversation_id_seq` ON `messages` (`conversation_id`, `seq`);

-- +goose Down
-- reverse: create index "participant_conversation_id_left_at_read_seq" to table: "participants"
DROP INDEX `participant_conversation_id_left_at_read_seq`;
-- reverse: create index "participant_conversation_id_left_at_delivered_seq" to table: "participants"
DROP INDEX `participant_conversation_id_left_at_delivered_seq`;
-- reverse: create index "participant_application_id_subject_unread" to table: "participants"
DROP INDEX `participant_application_id_subject_unread`;
-- reverse: drop index "participant_conversation_id_left_at_read_seq" from table: "participants"
CREATE INDEX `participant_conversation_id_left_at_read_seq` ON `participants` (`conversation_id`, `left_at`, `read_seq`);
-- reverse: drop index "participant_conversation_id_left_at_delivered_seq" from table: "participants"
CREATE INDEX `participant_conversation_id_left_at_delivered_seq` ON `participants` (`conversation_id`, `left_at`, `delivered_seq`);
-- reverse: drop index "participant_application_id_subject_unread" from table: "participants"
CREATE INDEX `participant_application_id_subject_unread` ON `participants` (`application_id`, `subject`, `unread`);
-- reverse: create index "event_application_id_recipient_position" to table: "events"
DROP INDEX `event_application_id_recipient_position`;
-- reverse: drop index "event_application_id_recipient_position" from table: "events"
CREATE INDEX `event_application_id_recipient_position` ON `events` (`application_id`, `recipient`, `position`);
