-- +goose Up
-- modify "messages" table
ALTER TABLE `messages` DROP FOREIGN KEY `messages_conversations_messages`;

-- +goose Down
-- reverse: modify "messages" table
ALTER TABLE `messages` ADD CONSTRAINT `messages_conversations_messages` FOREIGN KEY (`conversation_id`) REFERENCES `conversations` (`id`) ON UPDATE RESTRICT ON DELETE NO ACTION;
