;;; common.el --- what the scenarios of all packages share  -*- lexical-binding: t -*-

(defconst scenario-deadline (string-to-number (or (getenv "DEADLINE") "120")) "Seconds after which what is waited for is missing.")

(defun await (what probe)
  "Handle output of processes until PROBE gives a value; it is an error if there is no WHAT for too long."
  (let ((end (time-add nil scenario-deadline)) value)
    (while (not (setq value (funcall probe)))
      (unless (time-less-p nil end)
        (error "No %s" what))
      (accept-process-output nil 1)
      (redisplay))
    value))

(defun equals (is wanted what)
  "It is an error if IS is not WANTED, which is WHAT."
  (unless (equal is wanted)
    (error "%s: %S instead of %S" what is wanted)))

(defun variable (name)
  (or (getenv name) (error "No %s in the environment" name)))

(defun numbered (name)
  (string-to-number (variable name)))

(defun go-to-line (line)
  (goto-char (point-min))
  (forward-line (1- line)))

;;; common.el ends here
