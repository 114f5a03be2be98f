---@meta lanyard.system

--- Files and folders, and what else scripts need of the operating system.
---
--- ```lua
--- local system = require "lanyard.system"
--- local folder = assert(system.temp_folder "example")
--- assert(system.mkdirs(folder .. "/policies"))
--- assert(system.write_file(folder .. "/policies/web.json", "{}"))
--- print(table.concat(assert(system.list(folder .. "/policies")), " "))
--- --> web.json
--- print(assert(system.read_file(folder .. "/policies/web.json")))
--- --> {}
--- assert(system.remove_tree(folder))
--- print(system.exists(folder))
--- --> false
--- ```
local system = {}

--- Reads a file, or standard input for "-".
---@param path string
---@param most? integer  the largest size in bytes
---@return string? text
---@return lanyard.Error? err  code "NotFound", "TooLarge" or another one of the operating system's failures
function system.read_file(path, most) end

--- Replaces a file, or creates it. The file is never incomplete: a temporary file in the same folder is renamed, and
--- both are written to the disk first.
---@param path string
---@param text string|userdata  can be a sealed secret
---@param mode? integer  the permissions; 384 (0600, only for its owner) by default
---@param flush? boolean  false: the system writes them to the disk later
---@return true? ok
---@return lanyard.Error? err
function system.write_file(path, text, mode, flush) end

--- Writes the folder of a file or folder to the disk, so that its name survives a crash.
---@param path string
---@return true? ok
---@return lanyard.Error? err
function system.sync_folder_of(path) end

--- A file to which several tasks append.
---@class system.Log
---@field append fun(self: system.Log, text: string): true?, lanyard.Error?
---@field flush fun(self: system.Log, everything?: boolean): userdata?, lanyard.Error?  an operation that
---  writes the log to the disk; with `everything`, all files of its file system. Its result is true | nil, err
---@field sync fun(self: system.Log): true?, lanyard.Error?  the same, but no other task runs meanwhile
---@field close fun(self: system.Log)

--- Creates a log, and locks it like `lock` until it is closed. An existing file is an error with the code "Exists".
---@param path string
---@return system.Log? log
---@return lanyard.Error? err
function system.log(path) end

--- Appends to a file, and writes it to the disk. A missing file is created for its owner only.
---@param path string
---@param text string
---@param how? "any"|"new"  "new": an existing file or link is an error with the code "Exists"
---@return true? ok
---@return lanyard.Error? err
function system.append_file(path, text, how) end

--- Creates a folder and its parents. An existing folder is not an error.
---@param path string
---@param mode? integer  the permissions of new folders; 448 (0700, only for their owner) by default
---@return true? ok
---@return integer|lanyard.Error made  how many folders were created
function system.mkdirs(path, mode) end

--- Removes a file. A missing file is not an error.
---@param path string
---@return true? ok
---@return lanyard.Error? err
function system.remove(path) end

--- Removes a folder with its contents. Links are removed, not followed.
---@param folder string
---@return true? ok
---@return lanyard.Error? err
function system.remove_tree(folder) end

--- Creates an empty folder for its owner only, in $TMPDIR if that is absolute, else in /tmp.
---@param prefix string  the beginning of its name
---@return string? path
---@return lanyard.Error? err
function system.temp_folder(prefix) end

--- Returns the names in a folder in the order of their bytes, without . and ..
---@param folder string
---@return string[]? names
---@return lanyard.Error? err
function system.list(folder) end

--- Reports whether a file or folder exists.
---@param path string
---@return boolean
function system.exists(path) end

--- Returns the absolute path of an existing file or folder, with every link resolved.
---@param path string
---@return string? path
---@return lanyard.Error? err
function system.real_path(path) end

--- What a file is, without following a link.
---@class system.Info
---@field type "file"|"folder"|"link"|"other"
---@field owner integer   the user id
---@field mode integer    the bits of the permissions
---@field links integer   the number of names
---@field size integer    bytes
---@field device integer
---@field inode integer

--- Describes a file without following a link.
---@param path string
---@return system.Info? info
---@return lanyard.Error? err
function system.stat(path) end

--- Takes an exclusive lock on a file, which is created if needed. `lock:close()`, a `<close>` variable and the end of
--- the process release it.
---@param path string
---@return userdata? lock      nil without an error: this or another process holds the lock
---@return lanyard.Error? err
function system.lock(path) end

--- Sets or removes an environment variable of this process and of the commands that it starts.
---@param name string
---@param value? string  nil removes the variable
function system.setenv(name, value) end

--- Reports whether a file descriptor is a terminal.
---@param fd integer  0 is standard input, 1 standard output, 2 standard error
---@return boolean
function system.isatty(fd) end

--- Returns the width of a terminal in columns.
---@param fd integer
---@return integer? columns  nil if it is not a terminal
function system.columns(fd) end

--- Returns the name of this machine.
---@return string? name
function system.hostname() end

--- Returns the id of this process.
---@return integer
function system.getpid() end

--- Returns the id of the user with whose permissions this process opens files.
---@return integer
function system.user() end

--- Returns random bytes of the operating system.
---@param count integer  at most 256
---@return string bytes
function system.random(count) end

--- Reads a regular file that somebody else may have planted.
---@private
function system.read_regular(path, most) end

--- Returns what lanyard.clock has.
---@private
function system.clock() end

--- Returns what lanyard.clock has.
---@private
function system.time() end

--- Returns what lanyard.clock has.
---@private
function system.uniform() end

--- Returns by how many seconds the local time is ahead of UTC.
---@private
function system.utc_offset(seconds) end

--- Reports whether stdout is a pipe whose reader has closed it.
---@private
function system.output_closed() end

--- Reports whether output was lost.
---@private
function system.output_failure() end

--- Reads what a descriptor has.
---@private
function system.read(fd, count) end

--- Makes a terminal pass on each key.
---@private
function system.raw_terminal(fd) end

return system
