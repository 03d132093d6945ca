-- +goose Up
-- create "anonymous_users" table
CREATE TABLE `anonymous_users` (`id` uuid NOT NULL, `application_id` text NOT NULL, `device_id` text NOT NULL, `name` text NOT NULL DEFAULT (''), `email` text NOT NULL DEFAULT (''), `converted_to_user_id` text NOT NULL DEFAULT (''), `metadata` blob NULL, `created_at` integer NOT NULL, `erased_at` integer NULL, PRIMARY KEY (`id`));
-- create index "anonymoususer_application_id_device_id" to table: "anonymous_users"
CREATE INDEX `anonymoususer_application_id_device_id` ON `anonymous_users` (`application_id`, `device_id`);
-- create index "anonymoususer_application_id_converted_to_user_id" to table: "anonymous_users"
CREATE INDEX `anonymoususer_application_id_converted_to_user_id` ON `anonymous_users` (`application_id`, `converted_to_user_id`);
-- create "audience_targets" table
CREATE TABLE `audience_targets` (`id` uuid NOT NULL, `application_id` text NOT NULL, `conversation_id` uuid NOT NULL, `target_type` text NOT NULL, `target_id` text NOT NULL DEFAULT (''), `role_filter` text NOT NULL DEFAULT ('all'), `entity_filter` text NOT NULL DEFAULT ('all'), `created_at` integer NOT NULL, PRIMARY KEY (`id`));
-- create index "audiencetarget_conversation_id" to table: "audience_targets"
CREATE INDEX `audiencetarget_conversation_id` ON `audience_targets` (`conversation_id`);
-- create index "audiencetarget_application_id_entity_filter_role_filter" to table: "audience_targets"
CREATE INDEX `audiencetarget_application_id_entity_filter_role_filter` ON `audience_targets` (`application_id`, `entity_filter`, `role_filter`);
-- create "chat_notifications" table
CREATE TABLE `chat_notifications` (`id` uuid NOT NULL, `application_id` text NOT NULL, `user_id` text NOT NULL, `message_id` uuid NULL, `conversation_id` uuid NOT NULL, `type` text NOT NULL, `status` text NOT NULL, `sent_at` integer NOT NULL, `read_at` integer NULL, PRIMARY KEY (`id`));
-- create index "chatnotification_application_id_user_id_id" to table: "chat_notifications"
CREATE INDEX `chatnotification_application_id_user_id_id` ON `chat_notifications` (`application_id`, `user_id`, `id`);
-- create index "chatnotification_application_id_user_id_status_id" to table: "chat_notifications"
CREATE INDEX `chatnotification_application_id_user_id_status_id` ON `chat_notifications` (`application_id`, `user_id`, `status`, `id`);
-- create "conversations" table
CREATE TABLE `conversations` (`id` uuid NOT NULL, `application_id` text NOT NULL, `type` text NOT NULL, `title` text NOT NULL DEFAULT (''), `reply_permission` text NOT NULL, `created_by` text NOT NULL DEFAULT (''), `pair_key` text NULL, `created_at` integer NOT NULL, `updated_at` integer NOT NULL, `last_activity_at` integer NOT NULL, `is_pinned` bool NOT NULL DEFAULT (false), `expires_at` integer NULL, `deleted_at` integer NULL, `last_seq` integer NOT NULL DEFAULT (0), `last_message_id` uuid NULL, `participant_count` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create index "conversation_application_id_pair_key" to table: "conversations"
CREATE UNIQUE INDEX `conversation_application_id_pair_key` ON `conversations` (`application_id`, `pair_key`);
-- create "events" table
CREATE TABLE `events` (`position` integer NOT NULL, `application_id` text NOT NULL, `conversation_id` uuid NOT NULL, `kind` text NOT NULL, `recipient` text NULL, `message_id` uuid NULL, `payload` blob NULL, `created_at` integer NOT NULL, PRIMARY KEY (`position`));
-- create index "event_application_id_position" to table: "events"
CREATE INDEX `event_application_id_position` ON `events` (`application_id`, `position`);
-- create index "event_conversation_id_position" to table: "events"
CREATE INDEX `event_conversation_id_position` ON `events` (`conversation_id`, `position`);
-- create index "event_application_id_recipient_position" to table: "events"
CREATE INDEX `event_application_id_recipient_position` ON `events` (`application_id`, `recipient`, `position`);
-- create "event_consumers" table
CREATE TABLE `event_consumers` (`name` text NOT NULL, `position` integer NOT NULL, `updated_at` integer NOT NULL, PRIMARY KEY (`name`));
-- create "event_heads" table
CREATE TABLE `event_heads` (`id` integer NOT NULL, `position` integer NOT NULL DEFAULT (0), `pruned_position` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create "messages" table
CREATE TABLE `messages` (`id` uuid NOT NULL, `application_id` text NOT NULL, `seq` integer NULL, `client_message_id` text NOT NULL, `sender_subject` text NOT NULL DEFAULT (''), `sender_name` text NOT NULL DEFAULT (''), `content` text NOT NULL, `content_type` text NOT NULL, `fingerprint` blob NOT NULL, `reply_to_message_id` uuid NULL, `is_announcement` bool NOT NULL DEFAULT (false), `is_moderated` bool NOT NULL DEFAULT (false), `moderation_status` text NOT NULL, `created_at` integer NOT NULL, `delivered_at` integer NULL, `read_at` integer NULL, `edited_at` integer NULL, `deleted_at` integer NULL, `conversation_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `messages_conversations_messages` FOREIGN KEY (`conversation_id`) REFERENCES `conversations` (`id`) ON DELETE NO ACTION);
-- create index "message_conversation_id_seq" to table: "messages"
CREATE UNIQUE INDEX `message_conversation_id_seq` ON `messages` (`conversation_id`, `seq`);
-- create "participants" table
CREATE TABLE `participants` (`id` uuid NOT NULL, `application_id` text NOT NULL, `subject` text NOT NULL, `role` text NOT NULL, `can_reply` bool NULL, `via_target` text NOT NULL DEFAULT (''), `joined_at` integer NOT NULL, `joined_position` integer NOT NULL DEFAULT (0), `left_at` integer NULL, `delivered_seq` integer NOT NULL DEFAULT (0), `read_seq` integer NOT NULL DEFAULT (0), `last_read_message_id` uuid NULL, `own_unread` integer NOT NULL DEFAULT (0), `conversation_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `participants_conversations_participants` FOREIGN KEY (`conversation_id`) REFERENCES `conversations` (`id`) ON DELETE NO ACTION);
-- create index "participant_conversation_id_subject" to table: "participants"
CREATE UNIQUE INDEX `participant_conversation_id_subject` ON `participants` (`conversation_id`, `subject`);
-- create index "participant_application_id_subject_left_at" to table: "participants"
CREATE INDEX `participant_application_id_subject_left_at` ON `participants` (`application_id`, `subject`, `left_at`);
-- create index "participant_conversation_id_left_at_joined_at" to table: "participants"
CREATE INDEX `participant_conversation_id_left_at_joined_at` ON `participants` (`conversation_id`, `left_at`, `joined_at`);
-- create index "participant_conversation_id_left_at_delivered_seq" to table: "participants"
CREATE INDEX `participant_conversation_id_left_at_delivered_seq` ON `participants` (`conversation_id`, `left_at`, `delivered_seq`);
-- create index "participant_conversation_id_left_at_read_seq" to table: "participants"
CREATE INDEX `participant_conversation_id_left_at_read_seq` ON `participants` (`conversation_id`, `left_at`, `read_seq`);
-- create "users" table
CREATE TABLE `users` (`id` uuid NOT NULL, `application_id` text NOT NULL, `user_id` text NOT NULL, `name` text NOT NULL DEFAULT (''), `role` text NOT NULL DEFAULT (''), `entity_id` text NOT NULL DEFAULT (''), `created_at` integer NOT NULL, `updated_at` integer NOT NULL, PRIMARY KEY (`id`));
-- create index "user_application_id_user_id" to table: "users"
CREATE UNIQUE INDEX `user_application_id_user_id` ON `users` (`application_id`, `user_id`);
-- create index "user_application_id_entity_id_role_user_id" to table: "users"
CREATE INDEX `user_application_id_entity_id_role_user_id` ON `users` (`application_id`, `entity_id`, `role`, `user_id`);
-- create index "user_application_id_role_user_id" to table: "users"
CREATE INDEX `user_application_id_role_user_id` ON `users` (`application_id`, `role`, `user_id`);
-- the row that gives out positions of the change feed
INSERT INTO `event_heads` (`id`, `position`, `pruned_position`) VALUES (1, 0, 0);

-- +goose Down
-- reverse: create index "user_application_id_role_user_id" to table: "users"
DROP INDEX `user_application_id_role_user_id`;
-- reverse: create index "user_application_id_entity_id_role_user_id" to table: "users"
DROP INDEX `user_application_id_entity_id_role_user_id`;
-- reverse: create index "user_application_id_user_id" to table: "users"
DROP INDEX `user_application_id_user_id`;
-- reverse: create "users" table
DROP TABLE `users`;
-- reverse: create index "participant_conversation_id_left_at_read_seq" to table: "participants"
DROP INDEX `participant_conversation_id_left_at_read_seq`;
-- reverse: create index "participant_conversation_id_left_at_delivered_seq" to table: "participants"
DROP INDEX `participant_conversation_id_left_at_delivered_seq`;
-- reverse: create index "participant_conversation_id_left_at_joined_at" to table: "participants"
DROP INDEX `participant_conversation_id_left_at_joined_at`;
-- reverse: create index "participant_application_id_subject_left_at" to table: "participants"
DROP INDEX `participant_application_id_subject_left_at`;
-- reverse: create index "participant_conversation_id_subject" to table: "participants"
DROP INDEX `participant_conversation_id_subject`;
-- reverse: create "participants" table
DROP TABLE `participants`;
-- reverse: create index "message_conversation_id_seq" to table: "messages"
DROP INDEX `message_conversation_id_seq`;
-- reverse: create "messages" table
DROP TABLE `messages`;
-- reverse: create "event_heads" table
DROP TABLE `event_heads`;
-- reverse: create "event_consumers" table
DROP TABLE `event_consumers`;
-- reverse: create index "event_application_id_recipient_position" to table: "events"
DROP INDEX `event_application_id_recipient_position`;
-- reverse: create index "event_conversation_id_position" to table: "events"
DROP INDEX `event_conversation_id_position`;
-- reverse: create index "event_application_id_position" to table: "events"
DROP INDEX `event_application_id_position`;
-- reverse: create "events" table
DROP TABLE `events`;
-- reverse: create index "conversation_application_id_pair_key" to table: "conversations"
DROP INDEX `conversation_application_id_pair_key`;
-- reverse: create "conversations" table
DROP TABLE `conversations`;
-- reverse: create index "chatnotification_application_id_user_id_status_id" to table: "chat_notifications"
DROP INDEX `chatnotification_application_id_user_id_status_id`;
-- reverse: create index "chatnotification_application_id_user_id_id" to table: "chat_notifications"
DROP INDEX `chatnotification_application_id_user_id_id`;
-- reverse: create "chat_notifications" table
DROP TABLE `chat_notifications`;
-- reverse: create index "audiencetarget_application_id_entity_filter_role_filter" to table: "audience_targets"
DROP INDEX `audiencetarget_application_id_entity_filter_role_filter`;
-- reverse: create index "audiencetarget_conversation_id" to table: "audience_targets"
DROP INDEX `audiencetarget_conversation_id`;
-- reverse: create "audience_targets" table
DROP TABLE `audience_targets`;
-- reverse: create index "anonymoususer_application_id_converted_to_user_id" to table: "anonymous_users"
DROP INDEX `anonymoususer_application_id_converted_to_user_id`;
-- reverse: create index "anonymoususer_application_id_device_id" to table: "anonymous_users"
DROP INDEX `anonymoususer_application_id_device_id`;
-- reverse: create "anonymous_users" table
DROP TABLE `anonymous_users`;
