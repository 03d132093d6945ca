package httpgw

import (
	"context"
	"net/http"

	"github.com/google/uuid"
)

const headerRequestID = "X-Request-Id"

// routeNone is the route of what no route matches: request paths would make metrics without bound.
const routeNone = "none"

// exchange is what is known of one request and its answer, for the log, the metrics and errors.
type exchange struct {
	id             string // for the caller to quote and the operator to find
	route          string // the path as the contract writes it
	acceptLanguage string
}

type exchangeKey struct{}

func newExchange(r *http.Request) *exchange {
	id := r.Header.Get(headerRequestID)
	if !validRequestID(id) {
		id = uuid.NewString()
	}
	return &exchange{id: id, route: routeNone, acceptLanguage: r.Header.Get("Accept-Language")}
}

func withExchange(ctx context.Context, ex *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, ex)
}

// exchangeOf answers the exchange of a request that came through Handler.
func exchangeOf(ctx context.Context) *exchange {
	ex, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return &exchange{route: routeNone}
	}
	return ex
}

// validRequestID says whether a caller's own id is fit for logs and headers.
func validRequestID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// recorder notes what a handler answered.
type recorder struct {
	http.ResponseWriter
	status int // 0 until the headers are out
}

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK { // 1xx are not the answer
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController, which finds Flush and the deadlines there.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
