"""E-mail: mailboxes read over IMAP, SMTP and LMTP in, SMTP out."""

KIND = "email"
