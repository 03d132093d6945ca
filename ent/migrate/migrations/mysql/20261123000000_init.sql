-- +goose Up
-- create "anonymous_users" table
CREATE TABLE `anonymous_users` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `device_id` varchar(128) NOT NULL, `name` varchar(100) NOT NULL DEFAULT '', `email` varchar(254) NOT NULL DEFAULT '', `converted_to_user_id` varchar(64) NOT NULL DEFAULT '', `metadata` mediumblob NULL, `created_at` bigint NOT NULL, `erased_at` bigint NULL, PRIMARY KEY (`id`), INDEX `anonymoususer_application_id_converted_to_user_id` (`application_id`, `converted_to_user_id`), INDEX `anonymoususer_application_id_device_id` (`application_id`, `device_id`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "audience_targets" table
CREATE TABLE `audience_targets` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `conversation_id` char(36) NOT NULL, `target_type` varchar(16) NOT NULL, `target_id` varchar(64) NOT NULL DEFAULT '', `role_filter` varchar(64) NOT NULL DEFAULT 'all', `entity_filter` varchar(64) NOT NULL DEFAULT 'all', `created_at` bigint NOT NULL, PRIMARY KEY (`id`), INDEX `audiencetarget_application_id_entity_filter_role_filter` (`application_id`, `entity_filter`, `role_filter`), INDEX `audiencetarget_conversation_id` (`conversation_id`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "chat_notifications" table
CREATE TABLE `chat_notifications` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `user_id` varchar(64) NOT NULL, `message_id` char(36) NULL, `conversation_id` char(36) NOT NULL, `type` varchar(32) NOT NULL, `status` varchar(16) NOT NULL, `sent_at` bigint NOT NULL, `read_at` bigint NULL, PRIMARY KEY (`id`), INDEX `chatnotification_application_id_user_id_id` (`application_id`, `user_id`, `id`), INDEX `chatnotification_application_id_user_id_status_id` (`application_id`, `user_id`, `status`, `id`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "conversations" table
CREATE TABLE `conversations` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `type` varchar(16) NOT NULL, `title` varchar(200) NOT NULL DEFAULT '', `reply_permission` varchar(16) NOT NULL, `created_by` varchar(80) NOT NULL DEFAULT '', `pair_key` varchar(160) NULL, `created_at` bigint NOT NULL, `updated_at` bigint NOT NULL, `last_activity_at` bigint NOT NULL, `is_pinned` bool NOT NULL DEFAULT 0, `expires_at` bigint NULL, `deleted_at` bigint NULL, `last_seq` bigint NOT NULL DEFAULT 0, `last_message_id` char(36) NULL, `participant_count` int NOT NULL DEFAULT 0, PRIMARY KEY (`id`), UNIQUE INDEX `conversation_application_id_pair_key` (`application_id`, `pair_key`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "events" table
CREATE TABLE `events` (`position` bigint NOT NULL, `application_id` varchar(64) NOT NULL, `conversation_id` char(36) NOT NULL, `kind` varchar(32) NOT NULL, `recipient` varchar(80) NULL, `message_id` char(36) NULL, `payload` mediumblob NULL, `created_at` bigint NOT NULL, PRIMARY KEY (`position`), INDEX `event_application_id_position` (`application_id`, `position`), INDEX `event_application_id_recipient_position` (`application_id`, `recipient`, `position`), INDEX `event_conversation_id_position` (`conversation_id`, `position`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "event_consumers" table
CREATE TABLE `event_consumers` (`name` varchar(64) NOT NULL, `position` bigint NOT NULL, `updated_at` bigint NOT NULL, PRIMARY KEY (`name`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "event_heads" table
CREATE TABLE `event_heads` (`id` bigint NOT NULL, `position` bigint NOT NULL DEFAULT 0, `pruned_position` bigint NOT NULL DEFAULT 0, PRIMARY KEY (`id`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "users" table
CREATE TABLE `users` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `user_id` varchar(64) NOT NULL, `name` varchar(200) NOT NULL DEFAULT '', `role` varchar(64) NOT NULL DEFAULT '', `entity_id` varchar(64) NOT NULL DEFAULT '', `created_at` bigint NOT NULL, `updated_at` bigint NOT NULL, PRIMARY KEY (`id`), INDEX `user_application_id_entity_id_role_user_id` (`application_id`, `entity_id`, `role`, `user_id`), INDEX `user_application_id_role_user_id` (`application_id`, `role`, `user_id`), UNIQUE INDEX `user_application_id_user_id` (`application_id`, `user_id`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "messages" table
CREATE TABLE `messages` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `seq` bigint NULL, `client_message_id` varchar(128) NOT NULL, `sender_subject` varchar(80) NOT NULL DEFAULT '', `sender_name` varchar(200) NOT NULL DEFAULT '', `content` mediumtext NOT NULL, `content_type` varchar(8) NOT NULL, `fingerprint` tinyblob NOT NULL, `reply_to_message_id` char(36) NULL, `is_announcement` bool NOT NULL DEFAULT 0, `is_moderated` bool NOT NULL DEFAULT 0, `moderation_status` varchar(8) NOT NULL, `created_at` bigint NOT NULL, `delivered_at` bigint NULL, `read_at` bigint NULL, `edited_at` bigint NULL, `deleted_at` bigint NULL, `conversation_id` char(36) NOT NULL, PRIMARY KEY (`id`), UNIQUE INDEX `message_conversation_id_seq` (`conversation_id`, `seq`), CONSTRAINT `messages_conversations_messages` FOREIGN KEY (`conversation_id`) REFERENCES `conversations` (`id`) ON UPDATE RESTRICT ON DELETE NO ACTION) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "participants" table
CREATE TABLE `participants` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `subject` varchar(80) NOT NULL, `role` varchar(16) NOT NULL, `can_reply` bool NULL, `via_target` varchar(64) NOT NULL DEFAULT '', `joined_at` bigint NOT NULL, `joined_position` bigint NOT NULL DEFAULT 0, `left_at` bigint NULL, `delivered_seq` bigint NOT NULL DEFAULT 0, `read_seq` bigint NOT NULL DEFAULT 0, `last_read_message_id` char(36) NULL, `own_unread` bigint NOT NULL DEFAULT 0, `conversation_id` char(36) NOT NULL, PRIMARY KEY (`id`), INDEX `participant_application_id_subject_left_at` (`application_id`, `subject`, `left_at`), INDEX `participant_conversation_id_left_at_delivered_seq` (`conversation_id`, `left_at`, `delivered_seq`), INDEX `participant_conversation_id_left_at_joined_at` (`conversation_id`, `left_at`, `joined_at`), INDEX `participant_conversation_id_left_at_read_seq` (`conversation_id`, `left_at`, `read_seq`), UNIQUE INDEX `participant_conversation_id_subject` (`conversation_id`, `subject`), CONSTRAINT `participants_conversations_participants` FOREIGN KEY (`conversation_id`) REFERENCES `conversations` (`id`) ON UPDATE RESTRICT ON DELETE NO ACTION) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- the row that gives out positions of the change feed
INSERT INTO `event_heads` (`id`, `position`, `pruned_position`) VALUES (1, 0, 0);

-- +goose Down
-- reverse: create "participants" table
DROP TABLE `participants`;
-- reverse: create "messages" table
DROP TABLE `messages`;
-- reverse: create "users" table
DROP TABLE `users`;
-- reverse: create "event_heads" table
DROP TABLE `event_heads`;
-- reverse: create "event_consumers" table
DROP TABLE `event_consumers`;
-- reverse: create "events" table
DROP TABLE `events`;
-- reverse: create "conversations" table
DROP TABLE `conversations`;
-- reverse: create "chat_notifications" table
DROP TABLE `chat_notifications`;
-- reverse: create "audience_targets" table
DROP TABLE `audience_targets`;
-- reverse: create "anonymous_users" table
DROP TABLE `anonymous_users`;
