package mqttgw

import (
	"github.com/palabre/palabre/gateway/mqtt/topic"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// The events that the gateway treats in their own way.
const (
	eventParticipantAdded    = "participant.added"
	eventParticipantRemoved  = "participant.removed"
	eventConversationCreated = "conversation.created"
	eventConversationUpdated = "conversation.updated"
	eventConversationDeleted = "conversation.deleted"
	eventMessageModerated    = "message.moderated"
)

// published answers what is published of an event of an application, and where.
func published(a Application, e *chatv1.StreamEventsResponse) []outgoing {
	if e.GetEvent().GetEvent() == eventMessageModerated {
		return moderated(a, e)
	}
	topics := routes(a, e)
	all := make([]outgoing, len(topics))
	for i, t := range topics {
		all[i] = outgoing{t, e.GetEvent()}
	}
	return all
}

// routes answers where an event of an application is published.
func routes(a Application, e *chatv1.StreamEventsResponse) []topic.Topic {
	delivery := DeliverInbox
	if ofGroup(e.GetConversationType()) {
		delivery = a.GroupDelivery
	}
	var topics []topic.Topic
	if delivery != DeliverConversation || concernsMembership(e.GetEvent().GetEvent()) {
		topics = make([]topic.Topic, 0, len(e.GetRecipients())+1)
		for _, subject := range e.GetRecipients() {
			topics = append(topics, topic.Topic{Prefix: a.Prefix, Kind: topic.DownlinkMessages, ID: subject})
		}
	}
	if delivery != DeliverInbox {
		topics = append(topics, topic.Topic{
			Prefix: a.Prefix, Kind: topic.DownlinkConversation, ID: e.GetEvent().GetConversationId(),
		})
	}
	if e.GetForEveryone() {
		topics = append(topics, topic.Topic{Prefix: a.Prefix, Kind: topic.DownlinkAnnouncement})
	}
	return topics
}

// ofGroup says whether a conversation has a topic of its own.
func ofGroup(t chatv1.Conversation_Type) bool {
	return t == chatv1.Conversation_group || t == chatv1.Conversation_broadcast
}

// concernsMembership says whether members must hear of an event who do not listen to the conversation, or no longer.
func concernsMembership(event string) bool {
	switch event {
	case eventParticipantAdded, eventParticipantRemoved,
		eventConversationCreated, eventConversationUpdated, eventConversationDeleted:
		return true
	}
	return false
}
