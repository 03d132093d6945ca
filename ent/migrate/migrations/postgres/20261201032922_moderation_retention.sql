-- +goose Up
-- create index "moderationcount_day" to table: "moderation_counts"
CREATE INDEX "moderationcount_day" ON "moderation_counts" ("day");
-- create index "moderationlogentry_created_at" to table: "moderation_log_entries"
CREATE INDEX "moderationlogentry_created_at" ON "moderation_log_entries" ("created_at");
-- modify "moderation_reviews" table
ALTER TABLE "moderation_reviews" ADD COLUMN "held_at" bigint NOT NULL DEFAULT 0;
-- create index "moderationreview_status_decided_at" to table: "moderation_reviews"
CREATE INDEX "moderationreview_status_decided_at" ON "moderation_reviews" ("status", "decided_at");

-- +goose Down
-- reverse: create index "moderationreview_status_decided_at" to table: "moderation_reviews"
DROP INDEX "moderationreview_status_decided_at";
-- reverse: modify "moderation_reviews" table
ALTER TABLE "moderation_reviews" DROP COLUMN "held_at";
-- reverse: create index "moderationlogentry_created_at" to table: "moderation_log_entries"
DROP INDEX "moderationlogentry_created_at";
-- reverse: create index "moderationcount_day" to table: "moderation_counts"
DROP INDEX "moderationcount_day";
