// Package lanes runs work in order for each key, and that of different keys at once. It knows nothing of the work.
package lanes
