package rpc_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpc"
)

func TestHealthNeedsNoCredentials(t *testing.T) {
	s := start(t, &chat{}, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			check := func(service string) healthv1.HealthCheckResponse_ServingStatus {
				t.Helper()
				r, err := healthv1.NewHealthClient(conn).Check(within(t), &healthv1.HealthCheckRequest{Service: service})
				if err != nil {
					t.Fatal(err)
				}
				return r.GetStatus()
			}
			if got := check(""); got != healthv1.HealthCheckResponse_SERVING {
				t.Errorf("the server is %s", got)
			}
			if got := check("palabre.chat.v1.ChatService"); got != healthv1.HealthCheckResponse_SERVING {
				t.Errorf("a registered service is %s", got)
			}
			s.SetServing("palabre.chat.v1.ChatService", false)
			if got := check("palabre.chat.v1.ChatService"); got != healthv1.HealthCheckResponse_NOT_SERVING {
				t.Errorf("a service that does not serve is %s", got)
			}
			s.SetServing("palabre.chat.v1.ChatService", true)
			_, err := healthv1.NewHealthClient(conn).Check(within(t), &healthv1.HealthCheckRequest{Service: "other"})
			wantStatus(t, err, codes.NotFound, rpcv1.ErrorReason_NOT_FOUND)
		})
	}
}

func TestReflectionListsServicesWithoutCredentials(t *testing.T) {
	s := start(t, &chat{}, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			stream, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(within(t))
			if err != nil {
				t.Fatal(err)
			}
			request := &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}}
			if err := stream.Send(request); err != nil {
				t.Fatal(err)
			}
			answer, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(answer.String(), "palabre.chat.v1.ChatService") {
				t.Errorf("services: %v", answer)
			}
			if err := stream.CloseSend(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCallsAreCountedByMethodAndCode(t *testing.T) {
	s := start(t, &chat{}, nil)
	for way, conn := range s.eachWay(t) {
		t.Run(way, func(t *testing.T) {
			client := chatv1.NewChatServiceClient(conn)
			for range 2 {
				if _, err := client.GetConversation(asAlice(t), good); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := client.GetConversation(within(t), good); err == nil {
				t.Fatal("without credentials: was answered")
			}
		})
	}
	got := counted(t, s.metrics, chatv1.ChatService_GetConversation_FullMethodName)
	if diff := cmp.Diff(map[string]float64{"OK": 4, "Unauthenticated": 2}, got); diff != "" {
		t.Errorf("calls by code (-want +got):\n%s", diff)
	}
}

// counted answers how many calls of a method a registry counts, by code.
func counted(t *testing.T, registry *prometheus.Registry, method string) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "palabre_rpc_requests_total" {
			continue
		}
		for _, series := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range series.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["method"] == method {
				calls[labels["code"]] = series.GetCounter().GetValue()
			}
		}
	}
	return calls
}

func TestServersShareARegistry(t *testing.T) {
	one := start(t, &chat{}, nil)
	start(t, &chat{}, func(c *rpc.Config) { c.Metrics = one.metrics })
}

func TestValidateNamesTheField(t *testing.T) {
	if _, err := rpc.NewServer(rpc.Config{}); err == nil || !strings.Contains(err.Error(), "verifier: ") {
		t.Errorf("error %v", err)
	}
}
