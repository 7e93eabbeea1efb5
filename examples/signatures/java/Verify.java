// Verifies the signatures of STACK Notifications. Standard library only; Java 17 or newer.
// Run it to check it against the test vectors: `java Verify.java ../vectors.json`.

// region: imports
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
// endregion: imports

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public final class Verify {
    // region: shared
    private static final long TOLERANCE_SECONDS = 5 * 60;

    private static byte[] hmac(byte[] key, String before, byte[] body) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update(before.getBytes(StandardCharsets.UTF_8));
            return mac.doFinal(body);
        } catch (GeneralSecurityException impossible) {
            // Every Java platform has HmacSHA256.
            throw new IllegalStateException(impossible);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Compares in constant time. */
    private static boolean contains(String[] signatures, String expected) {
        for (var signature : signatures) {
            if (MessageDigest.isEqual(utf8(signature.strip()), utf8(expected))) return true;
        }
        return false;
    }

    /** Whether a signed time is close enough to now: an older request may be a replay. */
    private static boolean isFresh(String timestamp, Instant now) {
        return timestamp.matches("[0-9]{1,12}")
            && Math.abs(now.getEpochSecond() - Long.parseLong(timestamp)) <= TOLERANCE_SECONDS;
    }

    private static String header(UnaryOperator<String> headers, String name) {
        return Objects.requireNonNullElse(headers.apply(name), "");
    }
    // endregion: shared

    // region: standard
    private static final Pattern BASE64 =
        Pattern.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}={0,2}|[A-Za-z0-9+/]{3}=?)?");

    /** Reads the key as base64, with or without prefix and padding. Another text is the key itself. */
    private static byte[] keyBytes(String secret) {
        var text = secret.startsWith("whsec_") ? secret.substring("whsec_".length()) : secret;
        if (text.isEmpty() || !BASE64.matcher(text).matches()) return utf8(secret);
        return Base64.getDecoder().decode(text.replace("=", ""));
    }

    /** Verifies webhook-signature. {@code headers} returns a header or null, such as {@code request::getHeader}. */
    public static boolean verifyStandardWebhooks(
            byte[] body, UnaryOperator<String> headers, String secret, Instant now) {
        return verifyStandard(body, headers, secret, now, "webhook");
    }

    private static boolean verifyStandard(
            byte[] body, UnaryOperator<String> headers, String secret, Instant now, String prefix) {
        var id = header(headers, prefix + "-id");
        var timestamp = header(headers, prefix + "-timestamp");
        if (!isFresh(timestamp, now)) return false;
        var digest = hmac(keyBytes(secret), id + "." + timestamp + ".", body);
        // After a rotation there is one signature for each secret.
        var signatures = header(headers, prefix + "-signature").split(" ");
        return contains(signatures, "v1," + Base64.getEncoder().encodeToString(digest));
    }
    // endregion: standard

    // region: svix
    /** Verifies svix-signature. */
    public static boolean verifySvix(byte[] body, UnaryOperator<String> headers, String secret, Instant now) {
        return verifyStandard(body, headers, secret, now, "svix");
    }
    // endregion: svix

    // region: stack
    /** Verifies X-STACK-Signature-256. It cannot detect a replay. */
    public static boolean verifyStack(byte[] body, UnaryOperator<String> headers, String secret) {
        var expected = HexFormat.of().formatHex(hmac(utf8(secret), "", body));
        // After a rotation the earlier secrets sign the second header.
        var all = header(headers, "X-STACK-Signature-256") + "," + header(headers, "X-STACK-Signature-256-Previous");
        return contains(all.split(","), expected);
    }
    // endregion: stack

    // region: mail
    /** Verifies StackShift-Signature. */
    public static boolean verifyMail(byte[] body, UnaryOperator<String> headers, String secret, Instant now) {
        var timestamp = header(headers, "StackShift-Timestamp");
        if (!isFresh(timestamp, now)) return false;
        var expected = "v1=" + HexFormat.of().formatHex(hmac(utf8(secret), timestamp + ".", body));
        // After a rotation there is one signature for each secret.
        return contains(header(headers, "StackShift-Signature").split(","), expected);
    }
    // endregion: mail

    // region: sha256
    private static boolean verifySha256(byte[] body, String signature, String secret) {
        var expected = "sha256=" + HexFormat.of().formatHex(hmac(utf8(secret), "", body));
        return contains(new String[] {signature}, expected);
    }

    /** Verifies X-Kaireon-Signature. It cannot detect a replay. */
    public static boolean verifyProvider(byte[] body, UnaryOperator<String> headers, String secret) {
        return verifySha256(body, header(headers, "X-Kaireon-Signature"), secret);
    }

    /** Verifies X-SigSentry-Signature. It cannot detect a replay. */
    public static boolean verifyProjectChannel(byte[] body, UnaryOperator<String> headers, String secret) {
        return verifySha256(body, header(headers, "X-SigSentry-Signature"), secret);
    }
    // endregion: sha256

    @SuppressWarnings("unchecked")
    public static void main(String[] arguments) throws Exception {
        var path = Path.of(arguments.length > 0 ? arguments[0] : "../vectors.json");
        var document = (Map<String, Object>) new Json(Files.readString(path)).value();
        var now = Instant.ofEpochSecond((Long) document.get("now"));
        var vectors = (List<Map<String, Object>>) document.get("vectors");
        var wrong = 0;
        for (var vector : vectors) {
            var verified = verify(vector, now);
            if (verified != (Boolean) vector.get("valid")) {
                wrong++;
                System.out.println(vector.get("scheme") + ", " + vector.get("name") + ": got " + verified
                    + ", expected " + vector.get("valid"));
            }
        }
        System.out.println(vectors.size() + " vectors, " + wrong + " wrong");
        if (wrong > 0 || vectors.isEmpty()) System.exit(1);
    }

    @SuppressWarnings("unchecked")
    private static boolean verify(Map<String, Object> vector, Instant now) {
        var given = (Map<String, String>) vector.get("headers");
        UnaryOperator<String> headers = name -> given.get(name.toLowerCase(java.util.Locale.ROOT));
        var body = utf8((String) vector.get("body"));
        var secret = (String) vector.get("secret");
        var scheme = (String) vector.get("scheme");
        return switch (scheme) {
            case "standard" -> verifyStandardWebhooks(body, headers, secret, now);
            case "svix" -> verifySvix(body, headers, secret, now);
            case "stack" -> verifyStack(body, headers, secret);
            case "mail" -> verifyMail(body, headers, secret, now);
            case "providers" -> verifyProvider(body, headers, secret);
            case "config" -> verifyProjectChannel(body, headers, secret);
            default -> throw new IllegalArgumentException("unknown scheme " + scheme);
        };
    }

    /** Reads the JSON of the test vectors: objects, arrays, texts, whole numbers and booleans. */
    private static final class Json {
        private final String text;
        private int at;

        Json(String text) {
            this.text = text;
        }

        Object value() {
            var next = peek();
            if (next == '{') return object();
            if (next == '[') return array();
            if (next == '"') return string();
            var start = at;
            while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) at++;
            var word = text.substring(start, at);
            return word.equals("true") || word.equals("false") ? (Object) Boolean.valueOf(word) : Long.valueOf(word);
        }

        private Map<String, Object> object() {
            var object = new LinkedHashMap<String, Object>();
            expect('{');
            while (peek() != '}') {
                var name = string();
                expect(':');
                object.put(name, value());
                if (peek() != '}') expect(',');
            }
            expect('}');
            return object;
        }

        private List<Object> array() {
            var array = new ArrayList<>();
            expect('[');
            while (peek() != ']') {
                array.add(value());
                if (peek() != ']') expect(',');
            }
            expect(']');
            return array;
        }

        private String string() {
            var string = new StringBuilder();
            expect('"');
            while (text.charAt(at) != '"') {
                var next = text.charAt(at++);
                string.append(next == '\\' ? escaped() : next);
            }
            at++;
            return string.toString();
        }

        private char escaped() {
            var next = text.charAt(at++);
            return switch (next) {
                case 'n' -> '\n';
                case 't' -> '\t';
                case 'r' -> '\r';
                case 'b' -> '\b';
                case 'f' -> '\f';
                case 'u' -> (char) Integer.parseInt(text.substring(at, at += 4), 16);
                default -> next;
            };
        }

        private char peek() {
            while (Character.isWhitespace(text.charAt(at))) at++;
            return text.charAt(at);
        }

        private void expect(char wanted) {
            if (peek() != wanted) throw new IllegalArgumentException("expected " + wanted + " at " + at);
            at++;
        }
    }
}
