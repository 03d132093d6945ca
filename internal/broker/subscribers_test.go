package broker_test

import (
	"fmt"
	"testing"
)

// The subscribers of large groups are remembered; of whoever joins or leaves them, at once.
func TestALargeGroupIsThoseWhoAreSubscribedNow(t *testing.T) {
	w := start(t)
	l := w.links()
	publish := func(text string) {
		t.Helper()
		if err := l.Publish("chat/announcement", 1, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	var group []*party
	for i := range 20 {
		name := fmt.Sprint("member-", i)
		w.admits(name)
		member := w.connects(name)
		member.subscribes("chat/announcement")
		group = append(group, member)
	}
	publish("one")
	alice := w.connects("alice")
	alice.subscribes("chat/announcement")
	publish("two")
	if token := alice.Unsubscribe("chat/announcement"); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatalf("unsubscribe: %v", token.Error())
	}
	publish("three")
	alice.subscribes("chat/announcement")
	publish("four")

	alice.receives("chat/announcement", "two")
	alice.receives("chat/announcement", "four")
	for _, member := range group {
		for _, text := range []string{"one", "two", "three", "four"} {
			member.receives("chat/announcement", text)
		}
		member.Disconnect(0)
	}
	alice.Disconnect(0)
	eventually(t, "nobody is left", func() bool { return !w.Heard("chat/announcement") })
}
