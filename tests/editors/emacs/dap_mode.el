;;; dap_mode.el --- dap-mode with ptdap, as a person uses it  -*- lexical-binding: t; -*-

;; emacs.test.mjs calls one function in each Emacs.  All waits are for what dap-mode's hooks and state say.

(require 'cl-lib)
(require 'seq)
(load (expand-file-name "common" (file-name-directory load-file-name)) nil t)

(setq backtrace-on-error-noninteractive t
      dap-print-io t
      dap-inhibit-io nil)

(defvar scenario-stops 0 "How often `dap-stopped-hook' was run.")
(defvar scenario-is-over nil "Whether `dap-terminated-hook' was run.")
(defvar scenario-frame nil "The frame that was gone to since the last resume.")
(defvar scenario-evaluated nil "What `dap-eval' showed last.")

(add-hook 'dap-stopped-hook (lambda (_session) (cl-incf scenario-stops)))
(add-hook 'dap-terminated-hook (lambda (_session) (setq scenario-is-over t)))
(add-hook 'dap-stack-frame-changed-hook (lambda (session) (setq scenario-frame (dap--debug-session-active-frame session))))
(add-hook 'dap-continue-hook (lambda (_session) (setq scenario-frame nil)))
(advice-add 'dap-overlays--display-interactive-eval-result :before (lambda (value &rest _) (setq scenario-evaluated value)))

;; ---- what a person does

(defun open-project ()
  (let ((root (variable "PROJECT")))
    (lsp-workspace-folders-add root)
    (find-file (expand-file-name "steps.c" root))))

(defun breakpoint-at (line)
  (go-to-line line)
  (dap-breakpoint-add))

(defun start (template)
  (dap-debug (copy-tree (or (cdr (assoc template dap-debug-template-configurations)) (error "No template %s" template)))))

(defun await-stop ()
  "Wait until the debuggee has stopped and its frame is shown."
  (await "stop with a frame" (lambda () (or scenario-frame (and scenario-is-over (error "The program ended instead of stopping"))))))

(defun shown-line ()
  "The line of steps.c at which Emacs stands."
  (with-current-buffer (window-buffer (selected-window))
    (equals (file-name-nondirectory (or buffer-file-name "")) "steps.c" "file that is shown")
    (line-number-at-pos)))

(defun await-end ()
  (await "end of the session" (lambda () scenario-is-over)))

(defun evaluated (expression)
  (setq scenario-evaluated nil)
  (dap-eval expression)
  (substring-no-properties (await (format "value of %s" expression) (lambda () scenario-evaluated))))

(defun scope-variables (scope)
  "An alist of names and values of the variables of SCOPE in the frame that is shown."
  (let* ((session (dap--cur-session))
         (scopes (gethash "scopes" (dap-request session "scopes" :frameId (gethash "id" scenario-frame))))
         (found (seq-find (lambda (it) (equal (gethash "name" it) scope)) scopes)))
    (unless found
      (error "No scope %s" scope))
    (mapcar (lambda (it) (cons (gethash "name" it) (gethash "value" it)))
            (gethash "variables" (dap-request session "variables" :variablesReference (gethash "variablesReference" found))))))

(defun frame-names ()
  (let ((session (dap--cur-session)))
    (mapcar (lambda (it) (gethash "name" it))
            (gethash (dap--debug-session-thread-id session) (dap--debug-session-thread-stack-frames session)))))

(defun process-output ()
  (with-current-buffer (dap--debug-session-output-buffer (dap--cur-session))
    (buffer-string)))

;; ---- scenarios

(defun scenario-launch ()
  (open-project)
  (breakpoint-at (numbered "IN_TWICE"))
  (start "ptdap: launch")
  (await-stop)
  (equals (shown-line) (numbered "IN_TWICE") "line of the breakpoint")
  (equals (seq-take (frame-names) 2) '("twice" "main") "stack")
  (equals (assoc "x" (scope-variables "Locals")) '("x" . "21") "argument")
  (equals (evaluated "x * 2 + 1") "43" "value")
  (dap-next (dap--cur-session))
  (await-stop)
  (equals (shown-line) (numbered "END_OF_TWICE") "line after the step")
  (equals (scope-variables "Locals") '(("x" . "21") ("result" . "42")) "locals")
  (dap-step-out (dap--cur-session))
  (await-stop)
  (equals (gethash "name" scenario-frame) "main" "function after stepping out")
  (equals scenario-stops 3 "number of stops")
  (call-interactively #'dap-continue)
  (await-end)
  (unless (string-match-p "after the loop" (process-output))
    (error "The program's output is %S" (process-output))))

(defun scenario-condition ()
  (open-project)
  (breakpoint-at (numbered "RECURSES"))
  (cl-letf (((symbol-function 'read-string) (lambda (&rest _) "n == 3")))
    (call-interactively #'dap-breakpoint-condition))
  (start "ptdap: launch")
  (await-stop)
  (equals (evaluated "n") "3" "n")
  (call-interactively #'dap-continue)
  (await-end)
  (equals scenario-stops 1 "number of stops"))

(defun scenario-syscalls ()
  (open-project)
  (dap-register-debug-template
   "writes"
   (list :type "ptdap" :request "launch" :program "${workspaceFolder}/a.out" :syscalls '(:stop "write #1")))
  (start "writes")
  (await-stop)
  (equals (evaluated "$arg.fd") "1" "descriptor")
  (let ((names (frame-names)))
    (dap-up-stack-frame (or (seq-position names "main") (error "No main among %S" names))))
  (equals (gethash "name" scenario-frame) "main" "frame after going up")
  (shown-line)
  (call-interactively #'dap-continue)
  (await-end)
  (equals scenario-stops 1 "number of stops"))

(defun scenario-disconnect ()
  (open-project)
  (breakpoint-at (numbered "IN_TWICE"))
  (start "ptdap: launch")
  (await-stop)
  (call-interactively #'dap-disconnect)
  (await-end))

(defun scenario-attach ()
  (open-project)
  (let ((pid (variable "VICTIM")))
    (cl-letf (((symbol-function 'completing-read) (lambda (&rest _) pid)))
      (start "ptdap: attach"))
    (await "running session" (lambda () (eq (dap--debug-session-state (dap--cur-session)) 'running)))
    (dap-stop-thread-1 (dap--cur-session) (string-to-number pid))
    (await-stop)
    (unless (member "main" (frame-names))
      (error "No main in the stack %S" (frame-names)))
    (call-interactively #'dap-disconnect)
    (await-end)))

;;; dap_mode.el ends here
