// Checks verify.go against the test vectors: `go run . ../vectors.json`.

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

type document struct {
	Now     int64    `json:"now"`
	Vectors []vector `json:"vectors"`
}

type vector struct {
	Scheme  string            `json:"scheme"`
	Name    string            `json:"name"`
	Valid   bool              `json:"valid"`
	Secret  string            `json:"secret"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func (v vector) verify(now time.Time) (bool, error) {
	body, headers := []byte(v.Body), http.Header{}
	for name, value := range v.Headers {
		headers.Set(name, value)
	}
	switch v.Scheme {
	case "standard":
		return VerifyStandardWebhooks(body, headers, v.Secret, now), nil
	case "svix":
		return VerifySvix(body, headers, v.Secret, now), nil
	case "stack":
		return VerifyStack(body, headers, v.Secret), nil
	case "mail":
		return VerifyMail(body, headers, v.Secret, now), nil
	case "providers":
		return VerifyProvider(body, headers, v.Secret), nil
	case "config":
		return VerifyProjectChannel(body, headers, v.Secret), nil
	}
	return false, fmt.Errorf("unknown scheme %q", v.Scheme)
}

func check(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var all document
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	wrong := 0
	for _, v := range all.Vectors {
		verified, err := v.verify(time.Unix(all.Now, 0))
		if err != nil {
			return err
		}
		if verified != v.Valid {
			wrong++
			fmt.Printf("%s, %s: got %t, expected %t\n", v.Scheme, v.Name, verified, v.Valid)
		}
	}
	fmt.Printf("%d vectors, %d wrong\n", len(all.Vectors), wrong)
	if wrong > 0 || len(all.Vectors) == 0 {
		os.Exit(1)
	}
	return nil
}

func main() {
	path := "../vectors.json"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	if err := check(path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
