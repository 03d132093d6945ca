package chat

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// IssueMqttCredentials answers with what the caller connects to the MQTT broker. A password is made of who they are and of
// the time: the MQTT gateway makes the same, and has told the broker.
func (s *Service) IssueMqttCredentials(ctx context.Context, _ *chatv1.IssueMqttCredentialsRequest) (*chatv1.MqttCredentials, error) {
	subject, err := s.subject(ctx)
	if err != nil {
		return nil, err
	}
	p := caller(ctx)
	if s.mqttPasswords == nil {
		return tokenCredentials(subject, p.ExpiresAt), nil
	}
	account := s.mqttPasswords.Account(p.ApplicationID, subject, s.now())
	return &chatv1.MqttCredentials{
		Username:  account.Username(),
		Password:  s.mqttPasswords.Password(account),
		ExpiresAt: timestamppb.New(s.mqttPasswords.ExpiresAt(account)),
	}, nil
}

// tokenCredentials are those of a caller whose password is the token they have.
func tokenCredentials(subject string, end time.Time) *chatv1.MqttCredentials {
	c := &chatv1.MqttCredentials{Username: subject}
	if !end.IsZero() {
		c.ExpiresAt = timestamppb.New(end)
	}
	return c
}
