-- +goose Up
-- create "moderation_counts" table
CREATE TABLE `moderation_counts` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `rule` varchar(64) NOT NULL, `day` bigint NOT NULL, `hits` bigint NOT NULL DEFAULT 0, `dry_run_hits` bigint NOT NULL DEFAULT 0, `overturned` bigint NOT NULL DEFAULT 0, PRIMARY KEY (`id`), UNIQUE INDEX `moderationcount_application_id_day_rule` (`application_id`, `day`, `rule`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "moderation_log_entries" table
CREATE TABLE `moderation_log_entries` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `action` varchar(16) NOT NULL, `subject` varchar(80) NOT NULL DEFAULT '', `message_id` char(36) NULL, `rules_version` bigint NOT NULL DEFAULT 0, `note` varchar(4000) NOT NULL DEFAULT '', `created_at` bigint NOT NULL, PRIMARY KEY (`id`), INDEX `moderationlogentry_application_id_id` (`application_id`, `id`), INDEX `moderationlogentry_application_id_message_id_id` (`application_id`, `message_id`, `id`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "moderation_reviews" table
CREATE TABLE `moderation_reviews` (`message_id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `conversation_id` char(36) NOT NULL, `sender_subject` varchar(80) NOT NULL, `content` mediumtext NOT NULL, `reasons` mediumblob NULL, `rule` varchar(64) NOT NULL DEFAULT '', `rules_version` bigint NOT NULL DEFAULT 0, `is_published` bool NOT NULL DEFAULT 0, `status` varchar(16) NOT NULL, `created_at` bigint NOT NULL, `decided_at` bigint NULL, `decided_by` varchar(80) NOT NULL DEFAULT '', `note` varchar(4000) NOT NULL DEFAULT '', `appeal` varchar(4000) NOT NULL DEFAULT '', `appealed_at` bigint NULL, `is_unsettled` bool NOT NULL DEFAULT 0, PRIMARY KEY (`message_id`), INDEX `moderationreview_application_id_status_created_at_message_id` (`application_id`, `status`, `created_at`, `message_id`), INDEX `moderationreview_is_unsettled_decided_at` (`is_unsettled`, `decided_at`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;
-- create "moderation_rule_sets" table
CREATE TABLE `moderation_rule_sets` (`id` char(36) NOT NULL, `application_id` varchar(64) NOT NULL, `version` bigint NOT NULL, `rules` longblob NOT NULL, `created_by` varchar(80) NOT NULL DEFAULT '', `created_at` bigint NOT NULL, PRIMARY KEY (`id`), UNIQUE INDEX `moderationruleset_application_id_version` (`application_id`, `version`)) CHARSET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
-- reverse: create "moderation_rule_sets" table
DROP TABLE `moderation_rule_sets`;
-- reverse: create "moderation_reviews" table
DROP TABLE `moderation_reviews`;
-- reverse: create "moderation_log_entries" table
DROP TABLE `moderation_log_entries`;
-- reverse: create "moderation_counts" table
DROP TABLE `moderation_counts`;
