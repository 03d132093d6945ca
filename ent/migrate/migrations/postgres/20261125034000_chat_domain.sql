-- +goose Up
-- drop index "anonymoususer_application_id_device_id" from table: "anonymous_users"
DROP INDEX "anonymoususer_application_id_device_id";
-- modify "anonymous_users" table
ALTER TABLE "anonymous_users" ADD COLUMN "conversation_id" uuid NULL, ADD COLUMN "address_hash" character varying NOT NULL DEFAULT '';
-- create index "anonymoususer_application_id_address_hash_created_at" to table: "anonymous_users"
CREATE INDEX "anonymoususer_application_id_address_hash_created_at" ON "anonymous_users" ("application_id", "address_hash", "created_at");
-- create index "anonymoususer_application_id_device_id_created_at" to table: "anonymous_users"
CREATE INDEX "anonymoususer_application_id_device_id_created_at" ON "anonymous_users" ("application_id", "device_id", "created_at");
-- drop index "audiencetarget_application_id_entity_filter_role_filter" from table: "audience_targets"
DROP INDEX "audiencetarget_application_id_entity_filter_role_filter";
-- create index "audiencetarget_filters" to table: "audience_targets"
CREATE INDEX "audiencetarget_filters" ON "audience_targets" ("application_id", "entity_filter", "role_filter", "conversation_id");
-- modify "conversations" table
ALTER TABLE "conversations" ADD COLUMN "is_wide" boolean NOT NULL DEFAULT false, ADD COLUMN "for_everyone" boolean NOT NULL DEFAULT false;
-- modify "events" table
ALTER TABLE "events" ADD COLUMN "recipient_only" boolean NOT NULL DEFAULT false, ADD COLUMN "origin" bigint NULL, ADD COLUMN "addressees" bytea NULL;
-- drop index "participant_application_id_subject_left_at" from table: "participants"
DROP INDEX "participant_application_id_subject_left_at";
-- modify "participants" table
ALTER TABLE "participants" ADD COLUMN "unread" bigint NOT NULL DEFAULT 0, ADD COLUMN "list_rank" bigint NULL, ADD COLUMN "anonymous_id" uuid NULL;
-- create index "participant_application_id_subject_list_rank" to table: "participants"
CREATE INDEX "participant_application_id_subject_list_rank" ON "participants" ("application_id", "subject", "list_rank");
-- create index "participant_application_id_subject_unread" to table: "participants"
CREATE INDEX "participant_application_id_subject_unread" ON "participants" ("application_id", "subject", "unread");
-- modify "users" table
ALTER TABLE "users" ADD COLUMN "entity_name" character varying NOT NULL DEFAULT '', ADD COLUMN "source" character varying NOT NULL DEFAULT 'host';
-- create "announcement_deliveries" table
CREATE TABLE "announcement_deliveries" ("position" bigint NOT NULL, "application_id" character varying NOT NULL, "conversation_id" uuid NOT NULL, "after_user_id" character varying NOT NULL DEFAULT '', "published_count" bigint NOT NULL DEFAULT 0, "started_at" bigint NULL, "finished_at" bigint NULL, PRIMARY KEY ("position"));
-- create index "announcementdelivery_conversation_id_position" to table: "announcement_deliveries"
CREATE INDEX "announcementdelivery_conversation_id_position" ON "announcement_deliveries" ("conversation_id", "position");
-- create index "announcementdelivery_finished_at_position" to table: "announcement_deliveries"
CREATE INDEX "announcementdelivery_finished_at_position" ON "announcement_deliveries" ("finished_at", "position");
-- create "audiences" table
CREATE TABLE "audiences" ("id" uuid NOT NULL, "application_id" character varying NOT NULL, "author_id" character varying NOT NULL DEFAULT '', "everyone" boolean NOT NULL DEFAULT false, "created_at" bigint NOT NULL, PRIMARY KEY ("id"));
-- create "audience_receipts" table
CREATE TABLE "audience_receipts" ("id" uuid NOT NULL, "application_id" character varying NOT NULL, "conversation_id" uuid NOT NULL, "user_id" character varying NOT NULL, "delivered_at" bigint NOT NULL, "read_at" bigint NULL, PRIMARY KEY ("id"));
-- create index "audiencereceipt_conversation_id_user_id_read_at" to table: "audience_receipts"
CREATE INDEX "audiencereceipt_conversation_id_user_id_read_at" ON "audience_receipts" ("conversation_id", "user_id", "read_at");
-- create "leases" table
CREATE TABLE "leases" ("name" character varying NOT NULL, "owner" character varying NOT NULL DEFAULT '', "held_until" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("name"));
-- create "message_changes" table
CREATE TABLE "message_changes" ("id" uuid NOT NULL, "application_id" character varying NOT NULL, "message_id" uuid NOT NULL, "action" character varying NOT NULL, "subject" character varying NOT NULL DEFAULT '', "created_at" bigint NOT NULL, PRIMARY KEY ("id"));
-- create index "messagechange_message_id_id" to table: "message_changes"
CREATE INDEX "messagechange_message_id_id" ON "message_changes" ("message_id", "id");
CREATE INDEX "conversation_application_id_type_id" ON "conversations" ("application_id", "type", "id");
-- the places of conversations in their participants' lists, and what is unread
UPDATE "conversations" SET "is_wide" = true WHERE "participant_count" > 50;
UPDATE "participants" SET
  "list_rank" = (SELECT CASE WHEN c."is_wide" THEN 0 WHEN c."is_pinned" THEN c."last_activity_at" + 1152921504606846976 ELSE c."last_activity_at" END
    FROM "conversations" c WHERE c."id" = "participants"."conversation_id")
  WHERE "left_at" IS NULL AND EXISTS (SELECT 1 FROM "conversations" c WHERE c."id" = "participants"."conversation_id" AND c."deleted_at" IS NULL);
UPDATE "participants" SET
  "unread" = (SELECT CASE WHEN c."is_wide" OR c."last_seq" < "participants"."read_seq" + "participants"."own_unread" THEN 0
    ELSE c."last_seq" - "participants"."read_seq" - "participants"."own_unread" END
    FROM "conversations" c WHERE c."id" = "participants"."conversation_id")
  WHERE "list_rank" > 0;
UPDATE "participants" SET "unread" = -"unread"
  WHERE "unread" > 0 AND EXISTS (SELECT 1 FROM "conversations" c WHERE c."id" = "participants"."conversation_id" AND c."expires_at" IS NOT NULL);

-- +goose Down
DROP INDEX "conversation_application_id_type_id";
-- reverse: create index "messagechange_message_id_id" to table: "message_changes"
DROP INDEX "messagechange_message_id_id";
-- reverse: create "message_changes" table
DROP TABLE "message_changes";
-- reverse: create "leases" table
DROP TABLE "leases";
-- reverse: create index "audiencereceipt_conversation_id_user_id_read_at" to table: "audience_receipts"
DROP INDEX "audiencereceipt_conversation_id_user_id_read_at";
-- reverse: create "audience_receipts" table
DROP TABLE "audience_receipts";
-- reverse: create "audiences" table
DROP TABLE "audiences";
-- reverse: create index "announcementdelivery_finished_at_position" to table: "announcement_deliveries"
DROP INDEX "announcementdelivery_finished_at_position";
-- reverse: create index "announcementdelivery_conversation_id_position" to table: "announcement_deliveries"
DROP INDEX "announcementdelivery_conversation_id_position";
-- reverse: create "announcement_deliveries" table
DROP TABLE "announcement_deliveries";
-- reverse: modify "users" table
ALTER TABLE "users" DROP COLUMN "source", DROP COLUMN "entity_name";
-- reverse: create index "participant_application_id_subject_unread" to table: "participants"
DROP INDEX "participant_application_id_subject_unread";
-- reverse: create index "participant_application_id_subject_list_rank" to table: "participants"
DROP INDEX "participant_application_id_subject_list_rank";
-- reverse: modify "participants" table
ALTER TABLE "participants" DROP COLUMN "anonymous_id", DROP COLUMN "list_rank", DROP COLUMN "unread";
-- reverse: drop index "participant_application_id_subject_left_at" from table: "participants"
CREATE INDEX "participant_application_id_subject_left_at" ON "participants" ("application_id", "subject", "left_at");
-- reverse: modify "events" table
ALTER TABLE "events" DROP COLUMN "addressees", DROP COLUMN "origin", DROP COLUMN "recipient_only";
-- reverse: modify "conversations" table
ALTER TABLE "conversations" DROP COLUMN "for_everyone", DROP COLUMN "is_wide";
-- reverse: create index "audiencetarget_filters" to table: "audience_targets"
DROP INDEX "audiencetarget_filters";
-- reverse: drop index "audiencetarget_application_id_entity_filter_role_filter" from table: "audience_targets"
CREATE INDEX "audiencetarget_application_id_entity_filter_role_filter" ON "audience_targets" ("application_id", "entity_filter", "role_filter");
-- reverse: create index "anonymoususer_application_id_device_id_created_at" to table: "anonymous_users"
DROP INDEX "anonymoususer_application_id_device_id_created_at";
-- reverse: create index "anonymoususer_application_id_address_hash_created_at" to table: "anonymous_users"
DROP INDEX "anonymoususer_application_id_address_hash_created_at";
-- reverse: modify "anonymous_users" table
ALTER TABLE "anonymous_users" DROP COLUMN "address_hash", DROP COLUMN "conversation_id";
-- reverse: drop index "anonymoususer_application_id_device_id" from table: "anonymous_users"
CREATE INDEX "anonymoususer_application_id_device_id" ON "anonymous_users" ("application_id", "device_id");
