-- +goose Up
-- create "moderation_counts" table
CREATE TABLE `moderation_counts` (`id` uuid NOT NULL, `application_id` text NOT NULL, `rule` text NOT NULL, `day` integer NOT NULL, `hits` integer NOT NULL DEFAULT (0), `dry_run_hits` integer NOT NULL DEFAULT (0), `overturned` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create index "moderationcount_application_id_day_rule" to table: "moderation_counts"
CREATE UNIQUE INDEX `moderationcount_application_id_day_rule` ON `moderation_counts` (`application_id`, `day`, `rule`);
-- create "moderation_log_entries" table
CREATE TABLE `moderation_log_entries` (`id` uuid NOT NULL, `application_id` text NOT NULL, `action` text NOT NULL, `subject` text NOT NULL DEFAULT (''), `message_id` uuid NULL, `rules_version` integer NOT NULL DEFAULT (0), `note` text NOT NULL DEFAULT (''), `created_at` integer NOT NULL, PRIMARY KEY (`id`));
-- create index "moderationlogentry_application_id_id" to table: "moderation_log_entries"
CREATE INDEX `moderationlogentry_application_id_id` ON `moderation_log_entries` (`application_id`, `id`);
-- create index "moderationlogentry_application_id_message_id_id" to table: "moderation_log_entries"
CREATE INDEX `moderationlogentry_application_id_message_id_id` ON `moderation_log_entries` (`application_id`, `message_id`, `id`);
-- create "moderation_reviews" table
CREATE TABLE `moderation_reviews` (`message_id` uuid NOT NULL, `application_id` text NOT NULL, `conversation_id` uuid NOT NULL, `sender_subject` text NOT NULL, `content` text NOT NULL, `reasons` blob NULL, `rule` text NOT NULL DEFAULT (''), `rules_version` integer NOT NULL DEFAULT (0), `is_published` bool NOT NULL DEFAULT (false), `status` text NOT NULL, `created_at` integer NOT NULL, `decided_at` integer NULL, `decided_by` text NOT NULL DEFAULT (''), `note` text NOT NULL DEFAULT (''), `appeal` text NOT NULL DEFAULT (''), `appealed_at` integer NULL, `is_unsettled` bool NOT NULL DEFAULT (false), PRIMARY KEY (`message_id`));
-- create index "moderationreview_application_id_status_created_at_message_id" to table: "moderation_reviews"
CREATE INDEX `moderationreview_application_id_status_created_at_message_id` ON `moderation_reviews` (`application_id`, `status`, `created_at`, `message_id`);
-- create index "moderationreview_is_unsettled_decided_at" to table: "moderation_reviews"
CREATE INDEX `moderationreview_is_unsettled_decided_at` ON `moderation_reviews` (`is_unsettled`, `decided_at`) WHERE is_unsettled;
-- create "moderation_rule_sets" table
CREATE TABLE `moderation_rule_sets` (`id` uuid NOT NULL, `application_id` text NOT NULL, `version` integer NOT NULL, `rules` blob NOT NULL, `created_by` text NOT NULL DEFAULT (''), `created_at` integer NOT NULL, PRIMARY KEY (`id`));
-- create index "moderationruleset_application_id_version" to table: "moderation_rule_sets"
CREATE UNIQUE INDEX `moderationruleset_application_id_version` ON `moderation_rule_sets` (`application_id`, `version`);

-- +goose Down
-- reverse: create index "moderationruleset_application_id_version" to table: "moderation_rule_sets"
DROP INDEX `moderationruleset_application_id_version`;
-- reverse: create "moderation_rule_sets" table
DROP TABLE `moderation_rule_sets`;
-- reverse: create index "moderationreview_is_unsettled_decided_at" to table: "moderation_reviews"
DROP INDEX `moderationreview_is_unsettled_decided_at`;
-- reverse: create index "moderationreview_application_id_status_created_at_message_id" to table: "moderation_reviews"
DROP INDEX `moderationreview_application_id_status_created_at_message_id`;
-- reverse: create "moderation_reviews" table
DROP TABLE `moderation_reviews`;
-- reverse: create index "moderationlogentry_application_id_message_id_id" to table: "moderation_log_entries"
DROP INDEX `moderationlogentry_application_id_message_id_id`;
-- reverse: create index "moderationlogentry_application_id_id" to table: "moderation_log_entries"
DROP INDEX `moderationlogentry_application_id_id`;
-- reverse: create "moderation_log_entries" table
DROP TABLE `moderation_log_entries`;
-- reverse: create index "moderationcount_application_id_day_rule" to table: "moderation_counts"
DROP INDEX `moderationcount_application_id_day_rule`;
-- reverse: create "moderation_counts" table
DROP TABLE `moderation_counts`;
