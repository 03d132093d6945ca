package testenv_test

var mqttRows = rows{
	{alice, "POST /api/chat/mqtt/credentials", "{}", answers(`"username":"{alice}"`, `"expiresAt"`)},
	{alice, "POST /api/chat/mqtt/credentials", `{"userId":"{bob}"}`, invalid("userId")},
	{zoe, "POST /api/chat/mqtt/credentials", "{}", answers(`"username":"anon:{visitor}"`)},
	{backEnd, "POST /api/chat/mqtt/credentials", "{}", notAllowed},
	{nobody, "POST /api/chat/mqtt/credentials", "{}", needsToken},
	{aliceElsewhere, "POST /api/chat/mqtt/credentials", "{}", succeeds},
}
