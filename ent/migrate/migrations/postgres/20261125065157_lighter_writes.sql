-- +goose Up
-- drop index "event_application_id_recipient_position" from table: "events"
DROP INDEX "event_application_id_recipient_position";
-- create index "event_application_id_recipient_position" to table: "events"
CREATE INDEX "event_application_id_recipient_position" ON "events" ("application_id", "recipient", "position") WHERE (recipient IS NOT NULL);
-- drop index "participant_application_id_subject_unread" from table: "participants"
DROP INDEX "participant_application_id_subject_unread";
-- drop index "participant_conversation_id_left_at_delivered_seq" from table: "participants"
DROP INDEX "participant_conversation_id_left_at_delivered_seq";
-- drop index "participant_conversation_id_left_at_read_seq" from table: "participants"
DROP INDEX "participant_conversation_id_left_at_read_seq";
-- create index "participant_application_id_subject_unread" to table: "participants"
CREATE INDEX "participant_application_id_subject_unread" ON "participants" ("application_id", "subject", "unread") WHERE (unread <> 0);
-- create index "participant_conversation_id_left_at_delivered_seq" to table: "participants"
CREATE INDEX "participant_conversation_id_left_at_delivered_seq" ON "participants" ("conversation_id", "left_at", "delivered_seq") WHERE (list_rank = 0);
-- create index "participant_conversation_id_left_at_read_seq" to table: "participants"
CREATE INDEX "participant_conversation_id_left_at_read_seq" ON "participants" ("conversation_id", "left_at", "read_seq") WHERE (list_rank = 0);
-- modify "messages" table
ALTER TABLE "messages" DROP CONSTRAINT "messages_conversations_messages";

-- +goose Down
-- reverse: modify "messages" table
ALTER TABLE "messages" ADD CONSTRAINT "messages_conversations_messages" FOREIGN KEY ("conversation_id") REFERENCES "conversations" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION;
-- reverse: create index "participant_conversation_id_left_at_read_seq" to table: "participants"
DROP INDEX "participant_conversation_id_left_at_read_seq";
-- reverse: create index "participant_conversation_id_left_at_delivered_seq" to table: "participants"
DROP INDEX "participant_conversation_id_left_at_delivered_seq";
-- reverse: create index "participant_application_id_subject_unread" to table: "participants"
DROP INDEX "participant_application_id_subject_unread";
-- reverse: drop index "participant_conversation_id_left_at_read_seq" from table: "participants"
CREATE INDEX "participant_conversation_id_left_at_read_seq" ON "participants" ("conversation_id", "left_at", "read_seq");
-- reverse: drop index "participant_conversation_id_left_at_delivered_seq" from table: "participants"
CREATE INDEX "participant_conversation_id_left_at_delivered_seq" ON "participants" ("conversation_id", "left_at", "delivered_seq");
-- reverse: drop index "participant_application_id_subject_unread" from table: "participants"
CREATE INDEX "participant_application_id_subject_unread" ON "participants" ("application_id", "subject", "unread");
-- reverse: create index "event_application_id_recipient_position" to table: "events"
DROP INDEX "event_application_id_recipient_position";
-- reverse: drop index "event_application_id_recipient_position" from table: "events"
CREATE INDEX "event_application_id_recipient_position" ON "events" ("application_id", "recipient", "position");
