package app

import "runtime/debug"

// release is the version that is being worked on; builds of a tagged module say their own.
const release = "0.1.0-dev"

// Version is this build's.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return release
}
