package httpgw

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	audiencev1 "github.com/palabre/palabre/gen/go/palabre/audience/v1"
	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
)

// service is one gRPC service with paths over HTTP.
type service struct {
	descriptor protoreflect.ServiceDescriptor
	conn       grpc.ClientConnInterface // nil: not served
	register   func(context.Context, *runtime.ServeMux, grpc.ClientConnInterface) error
}

// name begins the operationIds of the service in the OpenAPI document.
func (s service) name() string { return string(s.descriptor.Name()) }

// servicesOf answers the services in the order of their paths' weight. They are always called through clients: the
// generated RegisterXHandlerServer would go past the interceptors, authentication among them.
func servicesOf(cfg Config) []service {
	return []service{
		{
			chatv1.File_palabre_chat_v1_service_proto.Services().ByName("ChatService"), cfg.Chat,
			func(ctx context.Context, mux *runtime.ServeMux, cc grpc.ClientConnInterface) error {
				return chatv1.RegisterChatServiceHandlerClient(ctx, mux, chatv1.NewChatServiceClient(cc))
			},
		},
		{
			moderationv1.File_palabre_moderation_v1_service_proto.Services().ByName("ModerationService"), cfg.Moderation,
			func(ctx context.Context, mux *runtime.ServeMux, cc grpc.ClientConnInterface) error {
				return moderationv1.RegisterModerationServiceHandlerClient(ctx, mux, moderationv1.NewModerationServiceClient(cc))
			},
		},
		{
			audiencev1.File_palabre_audience_v1_service_proto.Services().ByName("AudienceService"), cfg.Audience,
			func(ctx context.Context, mux *runtime.ServeMux, cc grpc.ClientConnInterface) error {
				return audiencev1.RegisterAudienceServiceHandlerClient(ctx, mux, audiencev1.NewAudienceServiceClient(cc))
			},
		},
	}
}
