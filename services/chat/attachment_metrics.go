package chat

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// attachmentMetrics are what operators see of files.
type attachmentMetrics struct {
	uploaded, removed, receivedBytes, sentBytes prometheus.Counter
}

// newAttachmentMetrics registers with r, unless it is nil. Of two services in one process, each counts into the same.
func newAttachmentMetrics(r prometheus.Registerer) *attachmentMetrics {
	return &attachmentMetrics{
		uploaded:      counter(r, "palabre_chat_attachments_uploaded_total", "Files that were uploaded whole."),
		removed:       counter(r, "palabre_chat_attachments_removed_total", "Files that were removed: never sent, or of what was deleted."),
		receivedBytes: counter(r, "palabre_chat_attachment_received_bytes_total", "Bytes of files that were uploaded."),
		sentBytes:     counter(r, "palabre_chat_attachment_sent_bytes_total", "Bytes of files that were downloaded."),
	}
}

func counter(r prometheus.Registerer, name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	if r == nil {
		return c
	}
	known := prometheus.AlreadyRegisteredError{}
	switch err := r.Register(c); {
	case errors.As(err, &known):
		return known.ExistingCollector.(prometheus.Counter)
	case err != nil:
		panic(fmt.Sprintf("chat: %v", err)) // A name that is not one.
	default:
		return c
	}
}
