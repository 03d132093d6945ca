// Package chat keeps conversations, their members and messages, and tells what happens in them: the ChatService of
// proto/palabre/chat/v1.
//
// It does not judge content (the moderation service does), know people beyond their ids (the audience service does), or
// speak MQTT or HTTP (the gateways do). The gateways and the host product's back ends call it; it calls moderation and
// audience through their generated clients.
//
// A handler asks the policy in the folder permission who may do what, asks for what it needs, and makes one call to the Store, which is one transaction.
package chat
