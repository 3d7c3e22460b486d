// A foreign tus server: prints READY and its port. Arguments: directory, allow creation-with-upload.
import http from 'node:http'
import {createRequire} from 'node:module'
import {pathToFileURL} from 'node:url'

const [, , parts, directory, port = '0'] = process.argv
const find = createRequire(pathToFileURL(`${parts}/`))
const {Server} = await import(pathToFileURL(find.resolve('@tus/server')))
const {FileStore} = await import(pathToFileURL(find.resolve('@tus/file-store')))

const tus = new Server({path: '/files', datastore: new FileStore({directory})})
const server = http.createServer((request, response) => tus.handle(request, response))
server.requestTimeout = 0
server.listen(Number(port), '127.0.0.1', () => console.log('READY', server.address().port))
