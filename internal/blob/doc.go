// Package blob keeps bytes under keys, in a directory: it knows neither what they are nor whose. Whoever writes them has said
// so in a database before, and knows by that what to delete. services/chat keeps attachments with it.
package blob
