package rpcerr

import rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"

// words are what people are told of a reason. They promise nothing that another occurrence of it would break.
type words struct {
	english, french string
}

func wordsFor(reason rpcv1.ErrorReason) words { return catalogue[reason] }

// catalogue has the words of every reason; a test finds the missing ones. It is never written to.
var catalogue = map[rpcv1.ErrorReason]words{
	rpcv1.ErrorReason_INTERNAL: {
		"The server failed. Quote the request id to its operator.",
		"Le serveur a rencontré une erreur. Communiquez l’identifiant de la requête à son administrateur.",
	},
	rpcv1.ErrorReason_UNAVAILABLE: {
		"The service is out of reach for now. Try again later.",
		"Le service est momentanément indisponible. Réessayez plus tard.",
	},
	rpcv1.ErrorReason_DEADLINE_EXCEEDED: {
		"The call took too long.",
		"La réponse a trop tardé.",
	},
	rpcv1.ErrorReason_CANCELLED: {
		"The call was cancelled.",
		"L’appel a été annulé.",
	},
	rpcv1.ErrorReason_UNIMPLEMENTED: {
		"This server does not offer the method.",
		"Ce serveur ne propose pas cette opération.",
	},
	rpcv1.ErrorReason_CREDENTIALS_MISSING: {
		"The call needs credentials.",
		"Vous devez être connecté.",
	},
	rpcv1.ErrorReason_CREDENTIALS_INVALID: {
		"The credentials are not accepted.",
		"Vos identifiants ne sont pas acceptés.",
	},
	rpcv1.ErrorReason_TOKEN_EXPIRED: {
		"The token has expired.",
		"Votre session a expiré. Reconnectez-vous.",
	},
	rpcv1.ErrorReason_TOKEN_REVOKED: {
		"The token is worth nothing any more.",
		"Cet accès n’est plus valable.",
	},
	rpcv1.ErrorReason_NOT_ALLOWED: {
		"The caller may not do this.",
		"Vous n’avez pas le droit de faire cela.",
	},
	rpcv1.ErrorReason_NOT_A_PARTICIPANT: {
		"The user takes no part in the conversation.",
		"Vous ne participez pas à cette conversation.",
	},
	rpcv1.ErrorReason_REPLY_NOT_ALLOWED: {
		"Writing is not allowed in this conversation.",
		"Vous ne pouvez pas écrire dans cette conversation.",
	},
	rpcv1.ErrorReason_FEATURE_DISABLED: {
		"The application has this feature switched off.",
		"Cette fonction n’est pas activée.",
	},
	rpcv1.ErrorReason_SENDER_MISMATCH: {
		"The sender named is not the one who sends.",
		"L’expéditeur indiqué n’est pas le vôtre.",
	},
	rpcv1.ErrorReason_SENDER_UNPROVEN: {
		"The sender could not be proven.",
		"L’expéditeur n’a pas pu être vérifié.",
	},
	rpcv1.ErrorReason_NOT_FOUND: {
		"There is no such thing.",
		"Élément introuvable.",
	},
	rpcv1.ErrorReason_INVALID_ARGUMENT: {
		"The request is not valid.",
		"La demande n’est pas valide.",
	},
	rpcv1.ErrorReason_MALFORMED_BODY: {
		"The body cannot be read.",
		"Le contenu de la demande est illisible.",
	},
	rpcv1.ErrorReason_PAYLOAD_TOO_LARGE: {
		"The body is too large.",
		"Le contenu de la demande est trop volumineux.",
	},
	rpcv1.ErrorReason_MEDIA_TYPE_NOT_ALLOWED: {
		"The application does not take files of this kind.",
		"Ce type de fichier n’est pas accepté.",
	},
	rpcv1.ErrorReason_EMPTY_MESSAGE: {
		"A message needs a content or an attachment.",
		"Le message est vide.",
	},
	rpcv1.ErrorReason_INVALID_CURSOR: {
		"The page token or cursor is not one this server gave.",
		"La page demandée n’est pas valable.",
	},
	rpcv1.ErrorReason_IDEMPOTENCY_CONFLICT: {
		"The client message id was used for another content.",
		"Un autre message porte déjà cet identifiant.",
	},
	rpcv1.ErrorReason_ALREADY_EXISTS: {
		"It is there already.",
		"Cet élément existe déjà.",
	},
	rpcv1.ErrorReason_LAST_ADMIN: {
		"The group would be left without an admin.",
		"Un groupe doit garder au moins un administrateur.",
	},
	rpcv1.ErrorReason_CONVERSATION_EXPIRED: {
		"The conversation has expired.",
		"Cette conversation est terminée.",
	},
	rpcv1.ErrorReason_MESSAGE_REJECTED: {
		"The moderation rules refuse the content.",
		"Votre message a été refusé par la modération.",
	},
	rpcv1.ErrorReason_CURSOR_EXPIRED: {
		"The cursor is older than the events kept.",
		"L’historique demandé n’est plus disponible. Rechargez la conversation.",
	},
	rpcv1.ErrorReason_MESSAGE_DELETED: {
		"The message was deleted.",
		"Ce message a été supprimé.",
	},
	rpcv1.ErrorReason_ALREADY_CONVERTED: {
		"The visitor has become another user already, or was erased.",
		"Ce visiteur est déjà devenu un autre utilisateur, ou a été effacé.",
	},
	rpcv1.ErrorReason_MESSAGE_HELD: {
		"The message is not published: a moderator looks at it, or refused it. It can only be deleted.",
		"Ce message n’est pas publié : il attend la modération ou a été refusé. Vous pouvez seulement le supprimer.",
	},
	rpcv1.ErrorReason_RULES_CHANGED: {
		"The rules were changed meanwhile. Read them again.",
		"Les règles ont changé entre-temps. Rechargez-les.",
	},
	rpcv1.ErrorReason_ALREADY_REVIEWED: {
		"A moderator has decided otherwise.",
		"Une autre décision a déjà été prise sur ce message.",
	},
	rpcv1.ErrorReason_FLOOD_LIMIT: {
		"Too many messages in a short time.",
		"Vous envoyez trop de messages. Patientez un instant.",
	},
	rpcv1.ErrorReason_RATE_LIMIT: {
		"Too many calls in a short time.",
		"Trop de demandes. Patientez un instant.",
	},
}
