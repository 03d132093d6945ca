-- +goose Up
-- modify "moderation_counts" table
ALTER TABLE `moderation_counts` ADD INDEX `moderationcount_day` (`day`);
-- modify "moderation_log_entries" table
ALTER TABLE `moderation_log_entries` ADD INDEX `moderationlogentry_created_at` (`created_at`);
-- modify "moderation_reviews" table
ALTER TABLE `moderation_reviews` ADD COLUMN `held_at` bigint NOT NULL DEFAULT 0, ADD INDEX `moderationreview_status_decided_at` (`status`, `decided_at`);

-- +goose Down
-- reverse: modify "moderation_reviews" table
ALTER TABLE `moderation_reviews` DROP INDEX `moderationreview_status_decided_at`, DROP COLUMN `held_at`;
-- reverse: modify "moderation_log_entries" table
ALTER TABLE `moderation_log_entries` DROP INDEX `moderationlogentry_created_at`;
-- reverse: modify "moderation_counts" table
ALTER TABLE `moderation_counts` DROP INDEX `moderationcount_day`;
