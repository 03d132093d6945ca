package httpgw

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"

	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/rpcerr"
)

// serveAPI answers what is below /api.
func (g *Gateway) serveAPI(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := g.call(w, r); err != nil {
		answerError(w, r, g.cfg.Logger, err)
	}
}

// call checks a request for what only HTTP knows, and passes it to the generated handlers. Errors are those found here;
// those of the call are answered by the handlers.
func (g *Gateway) call(w http.ResponseWriter, r *http.Request) error {
	if !utf8.ValidString(r.URL.Path) {
		return malformed("the path is not UTF-8")
	}
	res := g.routes.match(r.URL.Path)
	if res == nil {
		return errNoSuchPath()
	}
	exchangeOf(r.Context()).route = res.template
	rt := res.methods[methodOf(r)]
	switch {
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", res.allow())
		w.WriteHeader(http.StatusNoContent)
		return nil
	case rt == nil:
		w.Header().Set("Allow", res.allow())
		return errNoSuchMethod(r.Method, res.template)
	case !rt.served:
		return rpcerr.New(codes.Unimplemented, rpcv1.ErrorReason_UNIMPLEMENTED, "this server does not offer this path")
	}
	if err := rt.checkQuery(r.URL.RawQuery); err != nil {
		return err
	}
	if serve := g.transfers()[rt.fullMethod()]; serve != nil {
		return serve(w, r)
	}
	body, err := rt.readBody(w, r)
	if err != nil {
		return err
	}
	md, err := g.callMetadata(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(withCallMetadata(r.Context(), md), g.cfg.Limits.Request)
	defer cancel()
	// A request of our own making: no header of the caller's means anything to grpc-gateway.
	g.mux.ServeHTTP(w, (&http.Request{Method: rt.method, URL: r.URL, Header: http.Header{}, Body: body}).WithContext(ctx))
	return nil
}

// methodOf answers the method whose route serves a request: HEAD is GET, of which net/http sends the headers only.
func methodOf(r *http.Request) string {
	if r.Method == http.MethodHead {
		return http.MethodGet
	}
	return r.Method
}

func errNoSuchMethod(method, template string) error {
	if method == http.MethodPost && strings.HasSuffix(template, "/messages") {
		return errMethod(
			"messages are sent over MQTT, or with the gRPC method SendMessage; this path is for reading",
			"L’envoi des messages se fait par MQTT, ou par la méthode gRPC SendMessage ; ce chemin sert à les lire.")
	}
	return errMethod("the path does not have this method", "")
}

// readBody answers the body of a route that takes one, and an empty one for others: what came is then left unread.
func (rt *route) readBody(w http.ResponseWriter, r *http.Request) (*requestBody, error) {
	if rt.body == "" || r.Body == nil || r.Body == http.NoBody {
		return &requestBody{}, nil
	}
	if r.ContentLength > rt.maxBody {
		return nil, errTooLarge(rt.maxBody)
	}
	if err := checkMediaType(r.Header); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, rt.maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errTooLarge(rt.maxBody)
	case err != nil:
		return nil, malformed("the body did not come whole")
	}
	return &requestBody{data: data}, nil
}

// checkMediaType wants JSON in UTF-8, uncompressed. No media type at all is taken for that.
func checkMediaType(header http.Header) error {
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return errMediaType("the body must not be compressed")
	}
	contentType := header.Get("Content-Type")
	if contentType == "" {
		return nil
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil || mediaType != "application/json" {
		return errMediaType("the body must be application/json")
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return errMediaType("the body must be UTF-8")
	}
	return nil
}

// newMux makes grpc-gateway's part: from a path and JSON to the call of a client, and from its answer to JSON.
func (g *Gateway) newMux(services []service) (*runtime.ServeMux, error) {
	nothing := func(string) (string, bool) { return "", false }
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, newCodec()),
		runtime.WithMetadata(annotate),
		runtime.WithIncomingHeaderMatcher(nothing),
		runtime.WithOutgoingHeaderMatcher(nothing),
		runtime.WithOutgoingTrailerMatcher(nothing),
		runtime.WithErrorHandler(g.handleError),
		runtime.WithDisablePathLengthFallback(), // it makes GETs of POSTs
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithWriteContentLength(),
	)
	for _, s := range services {
		if s.conn == nil {
			continue
		}
		if err := s.register(context.Background(), mux, s.conn); err != nil {
			return nil, err
		}
	}
	return mux, nil
}

// handleError answers the error of a call. It is given the request that call made.
func (g *Gateway) handleError(
	_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error,
) {
	if body, ok := r.Body.(*requestBody); ok && body.fault != nil {
		err = body.fault
	}
	answerError(w, r, g.cfg.Logger, err)
}
