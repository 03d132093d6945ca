-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create index "moderationcount_day" to table: "moderation_counts"
CREATE INDEX `moderationcount_day` ON `moderation_counts` (`day`);
-- create index "moderationlogentry_created_at" to table: "moderation_log_entries"
CREATE INDEX `moderationlogentry_created_at` ON `moderation_log_entries` (`created_at`);
-- create "new_moderation_reviews" table
CREATE TABLE `new_moderation_reviews` (`message_id` uuid NOT NULL, `application_id` text NOT NULL, `conversation_id` uuid NOT NULL, `sender_subject` text NOT NULL, `content` text NOT NULL, `reasons` blob NULL, `rule` text NOT NULL DEFAULT (''), `rules_version` integer NOT NULL DEFAULT (0), `is_published` bool NOT NULL DEFAULT (false), `status` text NOT NULL, `created_at` integer NOT NULL, `held_at` integer NOT NULL DEFAULT (0), `decided_at` integer NULL, `decided_by` text NOT NULL DEFAULT (''), `note` text NOT NULL DEFAULT (''), `appeal` text NOT NULL DEFAULT (''), `appealed_at` integer NULL, `is_unsettled` bool NOT NULL DEFAULT (false), PRIMARY KEY (`message_id`));
-- copy rows from old table "moderation_reviews" to new temporary table "new_moderation_reviews"
INSERT INTO `new_moderation_reviews` (`message_id`, `application_id`, `conversation_id`, `sender_subject`, `content`, `reasons`, `rule`, `rules_version`, `is_published`, `status`, `created_at`, `decided_at`, `decided_by`, `note`, `appeal`, `appealed_at`, `is_unsettled`) SELECT `message_id`, `application_id`, `conversation_id`, `sender_subject`, `content`, `reasons`, `rule`, `rules_version`, `is_published`, `status`, `created_at`, `decided_at`, `decided_by`, `note`, `appeal`, `appealed_at`, `is_unsettled` FROM `moderation_reviews`;
-- drop "moderation_reviews" table after copying rows
DROP TABLE `moderation_reviews`;
-- rename temporary table "new_moderation_reviews" to "moderation_reviews"
ALTER TABLE `new_moderation_reviews` RENAME TO `moderation_reviews`;
-- create index "moderationreview_application_id_status_created_at_message_id" to table: "moderation_reviews"
CREATE INDEX `moderationreview_application_id_status_created_at_message_id` ON `moderation_reviews` (`application_id`, `status`, `created_at`, `message_id`);
-- create index "moderationreview_is_unsettled_decided_at" to table: "moderation_reviews"
CREATE INDEX `moderationreview_is_unsettled_decided_at` ON `moderation_reviews` (`is_unsettled`, `decided_at`) WHERE is_unsettled;
-- create index "moderationreview_status_decided_at" to table: "moderation_reviews"
CREATE INDEX `moderationreview_status_decided_at` ON `moderation_reviews` (`status`, `decided_at`);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "moderationreview_status_decided_at" to table: "moderation_reviews"
DROP INDEX `moderationreview_status_decided_at`;
-- reverse: add column "held_at" to table: "moderation_reviews"
ALTER TABLE `moderation_reviews` DROP COLUMN `held_at`;
-- reverse: create index "moderationlogentry_created_at" to table: "moderation_log_entries"
DROP INDEX `moderationlogentry_created_at`;
-- reverse: create index "moderationcount_day" to table: "moderation_counts"
DROP INDEX `moderationcount_day`;
