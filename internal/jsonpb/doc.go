// Package jsonpb writes protobuf messages as the JSON of the contract: that of protojson with default values, byte for
// byte except for the spaces, in a fraction of the time. protojson looks at each message anew: it sorts its fields, and asks
// every field for its kind. Here that is done once for a type.
//
// What the proto says is OPTIONAL (google.api.field_behavior) is left out when it has its default value: the seq of a message that has
// none.
//
// It knows what our messages are made of. What it does not, it leaves to protojson, so that it is right about every
// message and fast about ours. It reads nothing. Both gateways write with it.
package jsonpb
