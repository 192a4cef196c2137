package nbtest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-zeromq/zmq4"
)

// header identifies a message of the Jupyter protocol.
type header struct {
	ID       string `json:"msg_id"`
	Username string `json:"username"`
	Session  string `json:"session"`
	Type     string `json:"msg_type"`
	Version  string `json:"version"`
	Date     string `json:"date"`
}

// message is a message from the kernel.
type message struct {
	Header  header
	Parent  header // of the request it belongs to
	Content json.RawMessage
}

// delimiter ends the routing frames of a message.
const delimiter = "<IDS|MSG>"

// signer signs messages with a key that only runner and kernel know.
type signer struct {
	key     []byte
	session string
}

func newSigner() signer {
	return signer{key: []byte(randomID()), session: randomID()}
}

// randomID returns 128 random bits as text.
func randomID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// sign covers header, parent header, metadata and content.
func (s signer) sign(parts [][]byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	for _, p := range parts {
		mac.Write(p)
	}
	return hex.AppendEncode(nil, mac.Sum(nil))
}

// request builds a message to the kernel and returns its id.
func (s signer) request(kind string, content any) (string, zmq4.Msg, error) {
	h := header{ID: randomID(), Username: "nbtest", Session: s.session, Type: kind, Version: "5.4",
		Date: time.Now().UTC().Format(time.RFC3339Nano)}
	head, err := json.Marshal(h)
	if err != nil {
		return "", zmq4.Msg{}, err
	}
	body, err := json.Marshal(content)
	if err != nil {
		return "", zmq4.Msg{}, err
	}
	parts := [][]byte{head, []byte("{}"), []byte("{}"), body}
	frames := append([][]byte{[]byte(delimiter), s.sign(parts)}, parts...)
	return h.ID, zmq4.NewMsgFrom(frames...), nil
}

// parse reads a message from the kernel and refuses one that is not signed with the key.
func (s signer) parse(frames [][]byte) (message, error) {
	for len(frames) > 0 && string(frames[0]) != delimiter {
		frames = frames[1:]
	}
	if len(frames) < 6 {
		return message{}, errors.New("message of the kernel is incomplete")
	}
	signature, parts := frames[1], frames[2:6]
	if !hmac.Equal(signature, s.sign(parts)) {
		return message{}, errors.New("message of the kernel has a wrong signature")
	}
	var m message
	if err := json.Unmarshal(parts[0], &m.Header); err != nil {
		return message{}, fmt.Errorf("message header: %w", err)
	}
	if err := json.Unmarshal(parts[1], &m.Parent); err != nil {
		return message{}, fmt.Errorf("message parent header: %w", err)
	}
	m.Content = parts[3]
	return m, nil
}
