;;; dape.el --- dape with ptdap, as a person uses it  -*- lexical-binding: t -*-

;; dape.test.mjs starts an Emacs on a screen for each scenario, which writes how it ended to the file RESULT.

(require 'cl-lib)
(require 'seq)
(load (expand-file-name "common" (file-name-directory load-file-name)) nil t)

(setq dape-debug t)   ; keeps all that goes to and fro

(defvar scenario-stops 0 "How often `dape-stopped-hook' was run.")

(add-hook 'dape-stopped-hook (lambda () (cl-incf scenario-stops)))

;; ---- what a person does

(defun open-source (name)
  (find-file (expand-file-name name (variable "PROJECT"))))

(defun suggested ()
  "The configurations that `dape' offers in this buffer."
  (cl-loop for (key . config) in dape-configs
           when (and (dape--config-mode-p config) (dape--config-ensure config)) collect key))

(defun breakpoint-at (line)
  (go-to-line line)
  (call-interactively #'dape-breakpoint-toggle))

(defun start (configuration)
  "Give CONFIGURATION, and what is added to it, at the prompt of `dape'."
  (execute-kbd-macro (vconcat (kbd "M-x dape RET") configuration (kbd "RET"))))

(defun command (function)
  (call-interactively function))

(defun toggle-filter (label)
  "Type RET on the filter LABEL in the list of breakpoints."
  (with-selected-window (get-buffer-window "*dape-info Breakpoints*")
    (goto-char (point-min))
    (re-search-forward label)
    (goto-char (match-beginning 0))
    (execute-kbd-macro (kbd "RET"))))

(defun go-up-to (name)
  "Select the frame of the function NAME."
  (let ((steps 0))
    (while (not (equal (plist-get (dape--current-stack-frame (dape--live-connection 'stopped)) :name) name))
      (when (> (cl-incf steps) 20)
        (error "No %s in the stack" name))
      (command #'dape-stack-select-up)
      (await "frame" #'stopped-frame))))

;; ---- what a person sees

(defun stopped-frame ()
  "The frame that dape shows; nil while the program runs."
  (when-let* ((connection (dape--live-connection 'stopped t)))
    (let ((frame (dape--current-stack-frame connection)))
      (and (plist-get frame :scopes) frame))))

(defun await-stop (count)
  "Wait for the stop number COUNT and its frame."
  (await (format "stop number %d" count)
         (lambda () (and (>= scenario-stops count) (stopped-frame))))
  (equals scenario-stops count "number of stops"))

(defun await-end ()
  (await "end of the session" (lambda () (not (dape--live-connection 'last t)))))

(defun shows (buffer pattern)
  "Wait until the text of BUFFER matches PATTERN."
  (let (text)
    (condition-case nil
        (await pattern
               (lambda ()
                 (when (get-buffer buffer)
                   (with-current-buffer buffer
                     (setq text (buffer-substring-no-properties (point-min) (point-max)))
                     (string-match-p pattern text)))))
      (error (error "%s shows %S, not %S" buffer text pattern)))))

(defun stands-at (name line)
  "Wait until the arrow is at LINE of the file NAME, and see that this is on the screen."
  (await (format "arrow at %s:%d" name line)
         (lambda ()
           (when-let* ((buffer (marker-buffer dape--overlay-arrow-position)))
             (with-current-buffer buffer
               (and (equal (buffer-name) name)
                    (= (line-number-at-pos dape--overlay-arrow-position) line))))))
  (unless (get-buffer-window name)
    (error "%s is in no window" name)))

(defun repl (input)
  (with-current-buffer "*dape-repl*"
    (goto-char (point-max))
    (insert input)
    (comint-send-input)))

(defun info (mode &optional number)
  "The name of the buffer of `dape-info' that MODE, and for scopes NUMBER, name; it is shown."
  (dape--display-buffer (dape--info-get-buffer-create mode number))
  (dape-info-update)
  (dape--info-buffer-name mode number))

(defun scope (number)
  (info 'dape-info-scope-mode number))

;; ---- scenarios

(defun scenario-launch ()
  (open-source "steps.c")
  (equals (suggested) '(ptdap-attach ptdap) "configurations for C")
  (breakpoint-at (numbered "IN_TWICE"))
  (start "ptdap")
  (await-stop 1)
  (stands-at "steps.c" (numbered "IN_TWICE"))
  (shows "*dape-info Stack*" "twice.*\n.*main")
  (shows "*dape-info Breakpoints*" (format "1 +Break +steps.c:%d" (numbered "IN_TWICE")))
  (equals (mapcar (lambda (it) (plist-get it :name)) (plist-get (stopped-frame) :scopes))
          '("Locals" "Globals" "Registers") "scopes")
  (shows (scope 0) "x +21 +int")
  (shows (scope 2) "General")
  (repl "$rip")
  (shows "*dape-repl*" "^0x[0-9a-f]+ <twice\\+[0-9]+>$")
  (repl "x * 2 + 1")
  (shows "*dape-repl*" "^43$")
  (command #'dape-next)
  (await-stop 2)
  (stands-at "steps.c" (numbered "END_OF_TWICE"))
  (shows (scope 0) "result +42 +int")
  (command #'dape-step-out)
  (await-stop 3)
  (equals (plist-get (stopped-frame) :name) "main" "function after stepping out")
  (command #'dape-continue)
  (await-end)
  (shows "*dape-repl*" "after the loop"))

(defun scenario-condition ()
  (open-source "steps.c")
  (go-to-line (numbered "RECURSES"))
  (dape-breakpoint-expression "n == 3")
  (start "ptdap")
  (await-stop 1)
  (repl "n * 2")   ; "n" alone is dape's word for a step
  (shows "*dape-repl*" "^6$")
  (command #'dape-continue)
  (await-end)
  (equals scenario-stops 1 "number of stops"))

(defun scenario-syscalls ()
  (open-source "steps.c")
  (start (variable "CONFIGURATION"))
  (await-stop 1)
  (equals (plist-get (car (plist-get (stopped-frame) :scopes)) :name) "Syscall" "first scope")
  (shows (scope 0) "write")
  (repl "$arg.fd")
  (shows "*dape-repl*" "^1\\b")
  (go-up-to "main")
  (stands-at "steps.c" (numbered "CALL"))
  (command #'dape-continue)
  (await-end)
  (equals scenario-stops 1 "number of stops"))

(defun scenario-filters ()
  (open-source "steps.c")
  (breakpoint-at (numbered "CALL"))
  (start "ptdap")
  (await-stop 1)
  (shows "*dape-info Breakpoints*" "n +Excep +Syscall return")
  (toggle-filter "Syscall return")
  (shows "*dape-info Breakpoints*" "y +Excep +Syscall return")
  (command #'dape-continue)
  (await-stop 2)
  (repl "$syscall")
  (shows "*dape-repl*" "^write")
  (toggle-filter "Syscall return")
  (shows "*dape-info Breakpoints*" "n +Excep +Syscall return")
  (command #'dape-continue)
  (await-end))

(defun scenario-restart ()
  (open-source "steps.c")
  (breakpoint-at (numbered "IN_TWICE"))
  (start "ptdap")
  (await-stop 1)
  (command #'dape-next)
  (await-stop 2)
  (command #'dape-restart)
  (await-stop 3)
  (stands-at "steps.c" (numbered "IN_TWICE"))
  (command #'dape-quit)
  (await-end))

(defun scenario-leave-emacs ()
  "Emacs is left while the program stands at a breakpoint."
  (open-source "steps.c")
  (breakpoint-at (numbered "IN_TWICE"))
  (start "ptdap")
  (await-stop 1))

(defun scenario-attach ()
  (open-source "runs_threads.c")
  (execute-kbd-macro (vconcat (kbd "M-x dape RET") "ptdap-attach" (kbd "RET") (variable "VICTIM") (kbd "RET")))
  (await "running program" (lambda () (dape--live-connection 'running t)))
  (command #'dape-pause)
  (await-stop 1)
  (shows (info 'dape-info-threads-mode) "worker 0")
  (go-up-to "main")
  (stands-at "runs_threads.c" (numbered "WAITS"))
  (repl "count")
  (shows "*dape-repl*" "^2$")
  (command #'dape-disconnect-quit)
  (await-end))

(defun scenario-terminal ()
  (open-source "steps.c")
  (start "ptdap :program \"talks\" :console \"integratedTerminal\"")
  (shows "*dape-shell*" "^tty 111")
  (with-current-buffer "*dape-shell*"
    (goto-char (point-max))
    (insert "hello")
    (comint-send-input)
    (shows "*dape-shell*" "got hello")
    (goto-char (point-max))
    (insert "exit 3")
    (comint-send-input))
  (await-end)
  (shows "*dape-repl*" "Exit code 3"))

;; ---- how it ends

(defun scenario-log ()
  "All that went to and fro."
  (mapconcat (lambda (buffer)
               (with-current-buffer buffer
                 (if (string-match-p "events\\|repl\\|Messages\\|stderr" (buffer-name))
                     (format "---- %s\n%s" (buffer-name) (buffer-string))
                   "")))
             (buffer-list) "\n"))

(defun scenario-run ()
  "Run the function that SCENARIO names."
  (let (failure)
    (condition-case nil
        (handler-bind ((error (lambda (it) (setq failure (format "%s\n%s\n%s" (error-message-string it)
                                                                 (with-output-to-string (backtrace)) (scenario-log))))))
          (funcall (intern (variable "SCENARIO")))
          (setq failure nil))
      (error nil))
    (write-region (or failure "passed") nil (variable "RESULT") nil 'silent))
  (kill-emacs))

;;; dape.el ends here
