-- +goose Up
-- modify "messages" table
ALTER TABLE "messages" ADD COLUMN "attachments" bytea NULL;
-- create "attachments" table
CREATE TABLE "attachments" ("id" uuid NOT NULL, "application_id" character varying NOT NULL, "uploader_subject" character varying NOT NULL, "file_name" character varying NOT NULL, "media_type" character varying NOT NULL DEFAULT '', "size" bigint NOT NULL DEFAULT 0, "width" integer NOT NULL DEFAULT 0, "height" integer NOT NULL DEFAULT 0, "sha256" bytea NULL, "conversation_id" uuid NULL, "message_id" uuid NULL, "created_at" bigint NOT NULL, "completed_at" bigint NULL, "remove_after" bigint NULL, PRIMARY KEY ("id"));
-- create index "attachment_conversation_id" to table: "attachments"
CREATE INDEX "attachment_conversation_id" ON "attachments" ("conversation_id");
-- create index "attachment_remove_after" to table: "attachments"
CREATE INDEX "attachment_remove_after" ON "attachments" ("remove_after");

-- +goose Down
-- reverse: create index "attachment_remove_after" to table: "attachments"
DROP INDEX "attachment_remove_after";
-- reverse: create index "attachment_conversation_id" to table: "attachments"
DROP INDEX "attachment_conversation_id";
-- reverse: create "attachments" table
DROP TABLE "attachments";
-- reverse: modify "messages" table
ALTER TABLE "messages" DROP COLUMN "attachments";
