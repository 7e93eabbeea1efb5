// Verifies the signatures of STACK Notifications. Standard library only; Go 1.21 or newer.

package main

// region: shared
import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const toleranceSeconds = 5 * 60

func hmacSHA256(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}

// contains compares in constant time.
func contains(signatures []string, expected string) bool {
	for _, signature := range signatures {
		if hmac.Equal([]byte(strings.TrimSpace(signature)), []byte(expected)) {
			return true
		}
	}
	return false
}

var seconds = regexp.MustCompile(`^[0-9]{1,12}$`)

// isFresh reports whether a signed time is close enough to now: an older request may be a replay.
func isFresh(timestamp string, now time.Time) bool {
	if !seconds.MatchString(timestamp) {
		return false
	}
	at, err := strconv.ParseInt(timestamp, 10, 64)
	age := now.Unix() - at
	return err == nil && -toleranceSeconds <= age && age <= toleranceSeconds
}

// endregion: shared

// region: standard
var base64Text = regexp.MustCompile(`^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}={0,2}|[A-Za-z0-9+/]{3}=?)?$`)

// keyBytes reads the key as base64, with or without prefix and padding. Another text is the key itself.
func keyBytes(secret string) []byte {
	text := strings.TrimPrefix(secret, "whsec_")
	if text == "" || !base64Text.MatchString(text) {
		return []byte(secret)
	}
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return []byte(secret)
	}
	return key
}

// VerifyStandardWebhooks verifies webhook-signature.
func VerifyStandardWebhooks(body []byte, headers http.Header, secret string, now time.Time) bool {
	return verifyStandard(body, headers, secret, now, "webhook")
}

func verifyStandard(body []byte, headers http.Header, secret string, now time.Time, prefix string) bool {
	id, timestamp := headers.Get(prefix+"-id"), headers.Get(prefix+"-timestamp")
	if !isFresh(timestamp, now) {
		return false
	}
	digest := hmacSHA256(keyBytes(secret), []byte(id+"."+timestamp+"."), body)
	// After a rotation there is one signature for each secret.
	signatures := strings.Split(headers.Get(prefix+"-signature"), " ")
	return contains(signatures, "v1,"+base64.StdEncoding.EncodeToString(digest))
}

// endregion: standard

// region: svix

// VerifySvix verifies svix-signature.
func VerifySvix(body []byte, headers http.Header, secret string, now time.Time) bool {
	return verifyStandard(body, headers, secret, now, "svix")
}

// endregion: svix

// region: stack

// VerifyStack verifies X-STACK-Signature-256. It cannot detect a replay.
func VerifyStack(body []byte, headers http.Header, secret string) bool {
	expected := hex.EncodeToString(hmacSHA256([]byte(secret), body))
	current := headers.Get("X-STACK-Signature-256")
	// After a rotation the earlier secrets sign this header.
	previous := strings.Split(headers.Get("X-STACK-Signature-256-Previous"), ",")
	return contains(append(previous, current), expected)
}

// endregion: stack

// region: mail

// VerifyMail verifies StackShift-Signature.
func VerifyMail(body []byte, headers http.Header, secret string, now time.Time) bool {
	timestamp := headers.Get("StackShift-Timestamp")
	if !isFresh(timestamp, now) {
		return false
	}
	digest := hmacSHA256([]byte(secret), []byte(timestamp+"."), body)
	// After a rotation there is one signature for each secret.
	signatures := strings.Split(headers.Get("StackShift-Signature"), ",")
	return contains(signatures, "v1="+hex.EncodeToString(digest))
}

// endregion: mail

// region: sha256
func verifySHA256(body []byte, signature, secret string) bool {
	return contains([]string{signature}, "sha256="+hex.EncodeToString(hmacSHA256([]byte(secret), body)))
}

// VerifyProvider verifies X-Kaireon-Signature. It cannot detect a replay.
func VerifyProvider(body []byte, headers http.Header, secret string) bool {
	return verifySHA256(body, headers.Get("X-Kaireon-Signature"), secret)
}

// VerifyProjectChannel verifies X-SigSentry-Signature. It cannot detect a replay.
func VerifyProjectChannel(body []byte, headers http.Header, secret string) bool {
	return verifySHA256(body, headers.Get("X-SigSentry-Signature"), secret)
}

// endregion: sha256
