"""A server with fixed replies of one operation of each protocol, for tests/bench/aws.lua. Prints its port.

GET /bench/big sends as many zero bytes as the size in the argument; PUT discards the body. It ends with its input.
"""
import http.server
import sys
import threading

SIZE = int(sys.argv[1])
ITEMS = int(sys.argv[2])

INSTANCE = (
    "<item><reservationId>r-%08x</reservationId><ownerId>111122223333</ownerId><groupSet/><instancesSet><item>"
    "<instanceId>i-%08x</instanceId><imageId>ami-0123456789abcdef0</imageId><instanceState><code>16</code>"
    "<name>running</name></instanceState><privateDnsName>ip-10-0-0-1.ec2.internal</privateDnsName><keyName>ops</keyName>"
    "<amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>t3.micro</instanceType>"
    "<launchTime>2026-01-02T03:04:05.000Z</launchTime><placement><availabilityZone>us-east-1a</availabilityZone>"
    "<groupName/><tenancy>default</tenancy></placement><monitoring><state>disabled</state></monitoring>"
    "<subnetId>subnet-0123456789abcdef0</subnetId><vpcId>vpc-0123456789abcdef0</vpcId>"
    "<privateIpAddress>10.0.0.1</privateIpAddress><sourceDestCheck>true</sourceDestCheck><groupSet><item>"
    "<groupId>sg-0123456789abcdef0</groupId><groupName>web</groupName></item></groupSet><architecture>x86_64</architecture>"
    "<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item>"
    "<deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-0123456789abcdef0</volumeId><status>attached</status>"
    "<attachTime>2026-01-02T03:04:05.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item>"
    "</blockDeviceMapping><virtualizationType>hvm</virtualizationType><tagSet><item><key>Name</key><value>web</value></item>"
    "<item><key>team</key><value>shop</value></item></tagSet><hypervisor>xen</hypervisor><ebsOptimized>false</ebsOptimized>"
    "</item></instancesSet></item>"
)
INSTANCES = "<DescribeInstancesResponse><requestId>r</requestId><reservationSet>%s</reservationSet></DescribeInstancesResponse>" % (
    "".join(INSTANCE % (i, i) for i in range(ITEMS)))
TOPICS = ("<ListTopicsResponse><ListTopicsResult><Topics><member><TopicArn>arn:aws:sns:us-east-1:111122223333:a</TopicArn></member>"
          "</Topics></ListTopicsResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListTopicsResponse>")
BUCKETS = ("<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name><CreationDate>2026-01-02T03:04:05.000Z</CreationDate></Bucket>"
           "</Buckets></ListAllMyBucketsResult>")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def discard(self):
        if self.headers.get("Expect") == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20)))

    def do_POST(self):
        form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("latin-1")
        if self.headers.get("X-Amz-Target"):
            self.reply('{"TableNames":["first","second"]}', "application/x-amz-json-1.0")
        elif "DescribeInstances" in form:
            self.reply(INSTANCES, "text/xml")
        else:
            self.reply(TOPICS, "text/xml")

    def do_GET(self):
        if self.path.startswith("/bench/big"):
            self.send_response(200)
            self.send_header("Content-Type", "binary/octet-stream")
            self.send_header("Content-Length", str(SIZE))
            self.end_headers()
            zeros = bytes(1 << 20)
            for _ in range(SIZE >> 20):
                self.wfile.write(zeros)
        elif "functions" in self.path:
            self.reply('{"Functions":[]}', "application/json")
        else:
            self.reply(BUCKETS, "application/xml")

    def do_PUT(self):
        self.discard()
        self.reply("", "application/xml")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
